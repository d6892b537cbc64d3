import type { RouteCounts, RouteLevel } from '../core/metrics.js'
import type { RouteSettings, RouteSinkSettings } from '../core/settings/route.js'
import { openChannel } from '../mailbox/channel.js'
import { addRouteCounts, RouteGauges } from '../mailbox/route-gauges.js'
import { type JoinLink, type LinkPurpose, newLinkMarks, type PartLink } from '../mailbox/route-link.js'
import type { StartRoute } from '../mailbox/thread-messages.js'

/** The figures of a route. */
export interface RouteFigures {
  readonly counts: RouteCounts
  readonly levels: Readonly<Record<RouteLevel, number>>
}

/** A link between the actors of a route. */
interface Link {
  readonly route: RouteSettings
  readonly purpose: LinkPurpose
  readonly sink: RouteSinkSettings
}

/** A running actor that takes part in routes. */
interface Member {
  join(link: JoinLink): void
  part(link: PartLink): void
}

/**
 * Connects the actors of routes. When an actor has started, it gets an end of each of its links, and so does the actor
 * at the other end. The host keeps no port and carries no message.
 */
export class RouteLinks {
  #routes: readonly RouteSettings[]
  #links: readonly Link[]
  readonly #idPrefix: string
  readonly #poisonThreshold: (actor: string) => number
  readonly #running = new Map<string, Member>()
  /** The figures of the current life of each source, by route. */
  readonly #gauges = new Map<string, RouteGauges>()
  readonly #earlier = new Map<string, RouteCounts>()
  /** How often the source of each route has started. */
  readonly #lives = new Map<string, number>()

  /**
   * @param idPrefix unique to the gateway
   * @param poisonThreshold returns how many lives of an actor one message may kill
   */
  constructor(
    routes: readonly RouteSettings[],
    idPrefix: string,
    poisonThreshold: (actor: string) => number,
  ) {
    this.#routes = routes
    this.#idPrefix = idPrefix
    this.#poisonThreshold = poisonThreshold
    this.#links = linksOf(routes)
  }

  /** Takes other routes for the actors that start from now on. */
  update(routes: readonly RouteSettings[]): void {
    this.#routes = routes
    this.#links = linksOf(routes)
  }

  get routes(): readonly RouteSettings[] {
    return this.#routes
  }

  /** Returns what a new life of an actor needs for its routes; `undefined` if it is in none. */
  starting(actor: string): readonly StartRoute[] | undefined {
    if (
      !this.#links.some(({ route, sink }) => route.from.integration === actor || sink.integration === actor)
    )
      return undefined
    return this.#routes
      .filter(({ from }) => from.integration === actor)
      .map((settings) => ({ settings, gauges: new RouteGauges().shared }))
  }

  /**
   * Connects a new life of an actor with all running actors of its routes.
   * @param routes what `starting` returned for it
   */
  started(actor: string, life: Member, routes: readonly StartRoute[] = []): void {
    this.#running.set(actor, life)
    for (const { settings, gauges } of routes) this.#setGauges(settings.name, gauges)
    for (const link of this.#links)
      if (link.route.from.integration === actor || link.sink.integration === actor) this.#connect(link)
  }

  /** Called when a life of an actor gets no more links. What it has of its routes, it still settles. */
  leaving(actor: string): void {
    this.#running.delete(actor)
  }

  /** Called when a life of an actor has ended. */
  ended(actor: string): void {
    this.#running.delete(actor)
    for (const { route, purpose, sink } of this.#links)
      if (sink.integration === actor)
        this.#running.get(route.from.integration)?.part({ kind: 'part-link', route: route.name, purpose })
  }

  /** The figures of all routes, over all lives of their sources. */
  figures(): ReadonlyMap<string, RouteFigures> {
    return new Map(
      this.#routes.map(({ name }) => {
        const { counts, levels } = this.#gauges.get(name) ?? new RouteGauges()
        const earlier = this.#earlier.get(name)
        return [name, { counts: earlier === undefined ? counts : addRouteCounts(earlier, counts), levels }]
      }),
    )
  }

  #setGauges(route: string, shared: SharedArrayBuffer): void {
    const before = this.#gauges.get(route)
    if (before !== undefined) {
      const earlier = this.#earlier.get(route)
      this.#earlier.set(route, earlier === undefined ? before.counts : addRouteCounts(earlier, before.counts))
    }
    this.#gauges.set(route, new RouteGauges(shared))
    this.#lives.set(route, (this.#lives.get(route) ?? 0) + 1)
  }

  #connect({ route, purpose, sink }: Link): void {
    const [source, target] = [this.#running.get(route.from.integration), this.#running.get(sink.integration)]
    if (source === undefined || target === undefined) return
    const { host, actor } = openChannel()
    const common = {
      kind: 'join-link',
      route: route.name,
      purpose,
      marks: newLinkMarks(),
      sink,
      passesBytes: purpose === 'dead_letter' || route.passesBytes,
      wantsResults: purpose === 'to' && route.from.kind === 'method',
      idPrefix: `${this.#idPrefix}-${route.name}-${purpose}-${this.#lives.get(route.name)}`,
      poisonThreshold: this.#poisonThreshold(sink.integration),
    } as const
    target.join({ ...common, role: 'sink', end: actor })
    source.join({ ...common, role: 'source', end: host })
  }
}

function linksOf(routes: readonly RouteSettings[]): readonly Link[] {
  return routes.flatMap((route): Link[] => {
    const to: Link = { route, purpose: 'to', sink: route.to }
    const { deadLetter } = route
    return deadLetter === undefined ? [to] : [to, { route, purpose: 'dead_letter', sink: deadLetter }]
  })
}
