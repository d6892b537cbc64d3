/** A directed edge of a graph of names. */
export interface Edge {
  readonly from: string
  readonly to: string
}

/**
 * Finds the cycles of a graph: a shortest one through each node that is on a cycle and not on one that was found
 * before. The first node is repeated at the end.
 */
export function cyclesOf(edges: readonly Edge[]): readonly (readonly string[])[] {
  const next = new Map<string, Set<string>>()
  for (const { from, to } of edges) next.set(from, (next.get(from) ?? new Set()).add(to))
  const found: string[][] = []
  const seen = new Set<string>()
  for (const node of next.keys()) {
    if (seen.has(node)) continue
    const cycle = shortestFrom(node, next)
    if (cycle === undefined) continue
    for (const each of cycle) seen.add(each)
    found.push(cycle)
  }
  return found
}

/** Finds a shortest path from a node back to it. */
function shortestFrom(start: string, next: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const before = new Map<string, string>()
  let edge = [start]
  while (edge.length > 0) {
    const reached: string[] = []
    for (const node of edge)
      for (const to of next.get(node) ?? []) {
        if (to === start) return pathTo(node, start, before)
        if (before.has(to)) continue
        before.set(to, node)
        reached.push(to)
      }
    edge = reached
  }
  return undefined
}

function pathTo(last: string, start: string, before: ReadonlyMap<string, string>): string[] {
  const path = [last, start]
  for (let at = last; at !== start; ) {
    at = before.get(at)!
    path.unshift(at)
  }
  return path
}
