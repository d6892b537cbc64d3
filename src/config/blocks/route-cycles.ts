import { renderTemplate } from '../../core/message-template.js'
import type { RouteSettings, RouteSinkSettings } from '../../core/settings/route.js'
import { patternMatches } from '../broker-pattern.js'

/** A route, and the routes through which a message comes back to it. */
export interface RouteCycle {
  readonly route: string
  /** Names in order; the first is the last. */
  readonly path: readonly string[]
}

/**
 * Finds routes through which a message that they pass on comes back to them. Follows one message of each route; a
 * cycle that depends on the content of messages ends at the hop limit.
 */
export function findCycles(routes: readonly RouteSettings[]): readonly RouteCycle[] {
  const found: RouteCycle[] = []
  const inCycle = new Set<string>()
  for (const route of routes) {
    if (inCycle.has(route.name)) continue
    const path = pathBack(route, routes, sampleOf(route.from.target, route.from.kind), [route.name])
    if (path === undefined) continue
    for (const name of path) inCycle.add(name)
    found.push({ route: route.name, path })
  }
  return found
}

function pathBack(
  route: RouteSettings,
  routes: readonly RouteSettings[],
  topic: string,
  path: readonly string[],
): readonly string[] | undefined {
  for (const sink of sinksOf(route)) {
    const target = targetOf(sink, topic, route)
    for (const next of routes) {
      if (!arrives(sink, target, next)) continue
      if (next.name === path[0]) return [...path, next.name]
      // A cycle that this route does not belong to is found from a route that does.
      if (path.includes(next.name)) continue
      const back = pathBack(next, routes, target, [...path, next.name])
      if (back !== undefined) return back
    }
  }
  return undefined
}

function sinksOf({ to, deadLetter }: RouteSettings): readonly RouteSinkSettings[] {
  return deadLetter === undefined ? [to] : [to, deadLetter]
}

function targetOf({ target }: RouteSinkSettings, topic: string, { from }: RouteSettings): string {
  const queue = from.kind === 'queue' ? { queue: topic } : {}
  const rendered = renderTemplate(target, { topic, headers: {}, timestamp: 0, ...queue })
  return rendered.ok ? rendered.text : ''
}

function arrives(sink: RouteSinkSettings, target: string, { from }: RouteSettings): boolean {
  if (sink.integration !== from.integration || sink.kind !== from.kind || target === '') return false
  return from.kind === 'topic' ? patternMatches(from.target, target) : from.target === target
}

/** A topic that a pattern matches. */
function sampleOf(pattern: string, kind: RouteSettings['from']['kind']): string {
  return kind === 'topic' ? pattern.replaceAll(/[+#*>]/gu, 'x') : pattern
}
