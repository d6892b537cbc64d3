import { addTo } from '../../core/list-map.js'
import { renderTemplate } from '../../core/message-template.js'
import type { RouteSettings, RouteSinkSettings } from '../../core/settings/route.js'
import { patternMatches } from '../broker-pattern.js'

/** A message that a route passes on. */
export interface Passage {
  readonly route: RouteSettings
  /** The topic or queue that it comes from. */
  readonly topic: string
  /** The same for the same route and topic. */
  readonly key: string
}

/** Follows one message of each route through the others, by its topic. */
export class Passages {
  /** Routes by where their messages come from. */
  readonly #readers = new Map<string, RouteSettings[]>()
  readonly #after = new Map<string, readonly Passage[]>()

  constructor(routes: readonly RouteSettings[]) {
    for (const route of routes) addTo(this.#readers, placeOf(route.from), route)
  }

  first(route: RouteSettings): Passage {
    return passageOf(route, sampleOf(route.from))
  }

  /** Returns where the message goes from here. */
  after(passage: Passage): readonly Passage[] {
    const known = this.#after.get(passage.key)
    if (known !== undefined) return known
    const found = sinksOf(passage.route).flatMap((sink) => this.#into(sink, targetOf(sink, passage)))
    this.#after.set(passage.key, found)
    return found
  }

  #into(sink: RouteSinkSettings, target: string): readonly Passage[] {
    const readers = target === '' ? [] : (this.#readers.get(placeOf(sink)) ?? [])
    return readers.filter(({ from }) => takes(from, target)).map((route) => passageOf(route, target))
  }
}

function passageOf(route: RouteSettings, topic: string): Passage {
  return { route, topic, key: `${route.name}\n${topic}` }
}

function placeOf({ integration, kind }: Pick<RouteSinkSettings, 'integration' | 'kind'>): string {
  return `${kind} ${integration}`
}

function sinksOf({ to, deadLetter }: RouteSettings): readonly RouteSinkSettings[] {
  return deadLetter === undefined ? [to] : [to, deadLetter]
}

function targetOf({ target }: RouteSinkSettings, { route, topic }: Passage): string {
  const queue = route.from.kind === 'queue' ? { queue: topic } : {}
  const rendered = renderTemplate(target, { topic, headers: {}, timestamp: 0, ...queue })
  return rendered.ok ? rendered.text : ''
}

function takes({ kind, target: pattern }: RouteSettings['from'], target: string): boolean {
  return kind === 'topic' ? patternMatches(pattern, target) : pattern === target
}

/** A topic that a pattern matches. */
function sampleOf({ kind, target }: RouteSettings['from']): string {
  return kind === 'topic' ? target.replaceAll(/[+#*>]/gu, 'x') : target
}
