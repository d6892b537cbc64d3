/** A directed graph of names. */
export interface Graph {
  readonly nodes: readonly string[]
  /** Returns the nodes that an edge leads to from a node. */
  next(node: string): Iterable<string>
}

/** A node whose edges are being followed. */
interface Visit {
  readonly node: string
  readonly edges: Iterator<string>
  readonly number: number
  /** The lowest number of a node without a group that this one reaches. */
  lowest: number
}

/**
 * Groups the nodes that reach each other: the strongly connected components (Tarjan, 1972). Follows each edge once.
 * @returns the group of each node; a node on no cycle is alone in its group
 */
export function ringsOf({ nodes, next }: Graph): ReadonlyMap<string, ReadonlySet<string>> {
  const rings = new Map<string, ReadonlySet<string>>()
  const numbers = new Map<string, number>()
  const ungrouped: string[] = []
  // An explicit stack, because a chain of blocks may be longer than the call stack allows.
  const trail: Visit[] = []
  const enter = (node: string) => {
    const number = numbers.size
    numbers.set(node, number)
    ungrouped.push(node)
    trail.push({ node, edges: next(node)[Symbol.iterator](), number, lowest: number })
  }
  const leave = ({ node, number, lowest }: Visit) => {
    trail.pop()
    if (lowest === number) {
      const ring = new Set(ungrouped.splice(ungrouped.lastIndexOf(node)))
      for (const each of ring) rings.set(each, ring)
    } else {
      const outer = trail.at(-1)!
      outer.lowest = Math.min(outer.lowest, lowest)
    }
  }
  for (const start of nodes) {
    if (!numbers.has(start)) enter(start)
    for (let visit = trail.at(-1); visit !== undefined; visit = trail.at(-1)) {
      const edge = visit.edges.next()
      if (edge.done) leave(visit)
      else if (!numbers.has(edge.value)) enter(edge.value)
      else if (!rings.has(edge.value)) visit.lowest = Math.min(visit.lowest, numbers.get(edge.value)!)
    }
  }
  return rings
}
