import type { RouteSettings } from '../../core/settings/route.js'
import { ringsOf } from '../rings.js'
import { type Passage, Passages } from './passages.js'

/** A route, and the routes through which a message comes back to it. */
export interface RouteCycle {
  readonly route: string
  /** Names in order; the first is the last. */
  readonly path: readonly string[]
}

/** Maximum number of passages that are followed, because topics may grow with each. */
const MOST_PASSAGES = 50_000

/**
 * Finds routes through which a message that they pass on comes back to them. Follows one message of each route; a
 * cycle that depends on the content of messages, or is not found in `MOST_PASSAGES`, ends at the hop limit.
 */
export function findCycles(routes: readonly RouteSettings[]): readonly RouteCycle[] {
  const passages = new Passages(routes)
  const rings = ringsOf({ nodes: routes.map(({ name }) => name), next: followedBy(routes, passages) })
  const found: RouteCycle[] = []
  const inCycle = new Set<string>()
  const search = new Search(passages)
  for (const route of routes) {
    if (inCycle.has(route.name)) continue
    const path = search.pathBack(passages.first(route), rings.get(route.name)!, [route.name])
    if (path === undefined) continue
    for (const name of path) inCycle.add(name)
    found.push({ route: route.name, path })
  }
  return found
}

/** Finds which routes a message can take directly after each other. @returns the next ones of a route */
function followedBy(
  routes: readonly RouteSettings[],
  passages: Passages,
): (route: string) => Iterable<string> {
  const next = new Map(routes.map(({ name }) => [name, new Set<string>()]))
  const seen = new Set<string>()
  let reached = routes.map((route) => passages.first(route))
  // A path has each route once.
  for (let length = 0; length < routes.length && reached.length > 0; length++) {
    const after: Passage[] = []
    for (const passage of reached) {
      if (seen.has(passage.key) || seen.size >= MOST_PASSAGES) continue
      seen.add(passage.key)
      for (const following of passages.after(passage)) {
        next.get(passage.route.name)!.add(following.route.name)
        after.push(following)
      }
    }
    reached = after
  }
  return (route) => next.get(route)!
}

/** Searches for the paths of messages that come back. */
class Search {
  readonly #passages: Passages
  #left = MOST_PASSAGES

  constructor(passages: Passages) {
    this.#passages = passages
  }

  /** @param ring the routes of which a path back consists */
  pathBack(
    passage: Passage,
    ring: ReadonlySet<string>,
    path: readonly string[],
  ): readonly string[] | undefined {
    for (const next of this.#passages.after(passage)) {
      const { name } = next.route
      if (name === path[0]) return [...path, name]
      // A cycle that this route does not belong to is found from a route that does.
      if (!ring.has(name) || path.includes(name) || this.#left-- <= 0) continue
      const back = this.pathBack(next, ring, [...path, name])
      if (back !== undefined) return back
    }
    return undefined
  }
}
