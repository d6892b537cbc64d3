import type { JoinLink, PartLink } from '../../mailbox/route-link.js'
import type { StartRoute } from '../../mailbox/thread-messages.js'
import type { ActorRoutesDependencies } from './dependencies.js'
import { Inlet } from './inlet.js'
import type { RunningRoute } from './running-route.js'
import { startRoute } from './start-route.js'

/** Ids of the sources of routes are negative, because the host numbers its own from 1. */
const FIRST_ID = -1

/** The routes of an actor: those whose source it is, and the sinks of links from other actors. */
export class ActorRoutes {
  readonly #parts: ActorRoutesDependencies
  readonly #running = new Map<string, RunningRoute>()
  readonly #inlets = new Map<string, Inlet>()
  /** Ends of links that arrived before their route was ready. */
  readonly #early: JoinLink[] = []
  readonly #starting: readonly Promise<void>[]
  #isStopping = false
  #seq = 0

  constructor(routes: readonly StartRoute[], parts: ActorRoutesDependencies) {
    this.#parts = parts
    this.#starting = routes.map((start, index) => this.#start(start, FIRST_ID - index))
  }

  /** Uses a new link in place of the earlier one of the same route. */
  join(link: JoinLink): void {
    if (link.role === 'sink') return this.#joinSink(link)
    const route = this.#running.get(link.route)
    if (route === undefined) this.#early.push(link)
    else route.join(link)
  }

  /** Resolves when the sources of all routes have been opened. */
  async opened(): Promise<void> {
    await Promise.all(this.#starting)
    await Promise.all([...this.#running.values()].map((route) => route.opened))
  }

  /** Ends the link to a sink that has died. */
  part({ route, purpose }: PartLink): void {
    this.#running.get(route)?.part(purpose)
  }

  /** Handles the loss of the connection of the integration. */
  disconnected(): void {
    for (const route of this.#running.values()) route.disconnected()
    for (const inlet of this.#inlets.values()) inlet.disconnected()
  }

  /** Takes no more messages, and resolves when none is on its way. The sources are detached before. */
  async drain(): Promise<void> {
    this.#isStopping = true
    await Promise.all([...this.#running.values()].map((route) => route.drain()))
  }

  /** Gives everything back that is unsettled, and ends all links. Never rejects. */
  async close(): Promise<void> {
    this.#isStopping = true
    for (const inlet of this.#inlets.values()) inlet.close()
    await Promise.all(this.#starting)
    await Promise.all([...this.#running.values()].map((route) => route.close()))
  }

  async #start(start: StartRoute, id: number): Promise<void> {
    const route = await startRoute(start, id, this.#parts, () => this.#isStopping)
    if (route === undefined) return
    const { name } = start.settings
    this.#running.set(name, route)
    for (const link of this.#early) if (link.route === name) route.join(link)
  }

  #joinSink(link: JoinLink): void {
    const key = `${link.purpose} ${link.route}`
    this.#inlets.get(key)?.close()
    if (this.#isStopping) return link.end.port.close()
    const { clock, adapter, operations, connection } = this.#parts
    this.#inlets.set(
      key,
      new Inlet(link, {
        clock,
        adapter,
        operations,
        isConnected: () => connection.isConnected,
        nextSeq: () => this.#seq++,
      }),
    )
  }
}
