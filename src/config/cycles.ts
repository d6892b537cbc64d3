import { type Graph, ringsOf } from './rings.js'

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
  return cyclesIn(graphOf(edges))
}

/** Like `cyclesOf`. Outside of cycles, follows each edge once. */
export function cyclesIn(graph: Graph): readonly (readonly string[])[] {
  const rings = ringsOf(graph)
  const found: string[][] = []
  const seen = new Set<string>()
  for (const node of graph.nodes) {
    if (seen.has(node)) continue
    const cycle = shortestFrom(node, rings.get(node)!, graph)
    if (cycle === undefined) continue
    for (const each of cycle) seen.add(each)
    found.push(cycle)
  }
  return found
}

function graphOf(edges: readonly Edge[]): Graph {
  const next = new Map<string, Set<string>>()
  for (const { from, to } of edges) {
    const known = next.get(from)
    if (known === undefined) next.set(from, new Set([to]))
    else known.add(to)
  }
  return { nodes: [...next.keys()], next: (node) => next.get(node) ?? [] }
}

/** Finds a shortest path from a node back to it, which stays in its ring. */
function shortestFrom(start: string, ring: ReadonlySet<string>, { next }: Graph): string[] | undefined {
  const before = new Map<string, string>()
  let edge = [start]
  while (edge.length > 0) {
    const reached: string[] = []
    for (const node of edge)
      for (const to of next(node)) {
        if (to === start) return pathTo(node, start, before)
        if (before.has(to) || !ring.has(to)) continue
        before.set(to, node)
        reached.push(to)
      }
    edge = reached
  }
  return undefined
}

function pathTo(last: string, start: string, before: ReadonlyMap<string, string>): string[] {
  const backwards = [start]
  for (let at = last; at !== start; at = before.get(at)!) backwards.push(at)
  return [start, ...backwards.reverse()]
}
