import type { ConnectionError } from '../../../core/errors/connection.js'
import type { MessageView } from './message-view.js'

/** Receives the messages of a subscription. */
export interface Route {
  /** Receives a message. The view is valid until this returns; must not throw. */
  onMessage(view: MessageView): void
  /** Receives a message larger than the limit, without its body. */
  onOversize(view: MessageView): void
  /** Called when the server refuses the subscription. */
  onRefused?(text: string): void
  /** Called when the connection is lost, but not when we close it. No message follows. */
  onLost?(error: ConnectionError): void
}

interface Subscription {
  readonly subject: string
  readonly route: Route
}

/** The subscriptions of one connection by their ids. */
export class Subscriptions {
  readonly #bySid = new Map<number, Subscription>()
  #lastSid = 0

  /** @returns the id of the new subscription */
  add(subject: string, route: Route): number {
    const sid = ++this.#lastSid
    this.#bySid.set(sid, { subject, route })
    return sid
  }

  has(sid: number): boolean {
    return this.#bySid.has(sid)
  }

  /** Returns the route for a message, or undefined if the subscription has ended. */
  route(sid: number): Route | undefined {
    return this.#bySid.get(sid)?.route
  }

  delete(sid: number): void {
    this.#bySid.delete(sid)
  }

  /** Tells all subscriptions to a subject that the server refuses them. */
  refuseSubject(refused: string, text: string): void {
    for (const { subject, route } of [...this.#bySid.values()])
      if (subject === refused) route.onRefused?.(text)
  }

  /** Tells these subscriptions that the server refuses one of them. @returns false if there are none */
  refuse(sids: readonly number[], text: string): boolean {
    const routes = new Set(sids.map((sid) => this.route(sid)))
    for (const route of routes) route?.onRefused?.(text)
    return routes.size > 0
  }

  /** Removes all subscriptions. @returns their routes */
  clear(): ReadonlySet<Route> {
    const routes = new Set([...this.#bySid.values()].map(({ route }) => route))
    this.#bySid.clear()
    return routes
  }
}
