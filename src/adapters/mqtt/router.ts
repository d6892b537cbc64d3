import { topicMatches } from '../../core/topic-pattern.js'
import type { PublishPacket } from './client/publish-decoder.js'

/** Where messages of one subscription go. */
export interface Route {
  /** The topic filter, without `$share/GROUP/`. */
  readonly filter: string
  /** The topic filter as the broker was told it: with `$share/GROUP/`, if any. */
  readonly subscribed: string
  /** The subscription identifier, in MQTT 5 with a broker that has them. */
  readonly id: number | undefined
  accept(packet: PublishPacket): void
}

const CACHED_TOPICS = 4_096

/** A filter without the `$share/GROUP/` in front (MQTT 5, section 4.8.2). */
export function sharedFilter(filter: string): string {
  if (!filter.startsWith('$share/')) return filter
  const slash = filter.indexOf('/', 7)
  return slash < 0 ? filter : filter.slice(slash + 1)
}

/**
 * Hands messages to the subscriptions they are for. Where the broker names them (subscription identifiers),
 * those: a message that overlapping filters match may come once for all of them or once for each. Otherwise
 * all whose filter matches; the answer is remembered per topic.
 */
export class Router {
  readonly #routes = new Set<Route>()
  readonly #byId = new Map<number, Route>()
  readonly #byTopic = new Map<string, readonly Route[]>()
  readonly #resumed: boolean

  /** @param resumed the broker may name subscriptions of an earlier connection: then the topic decides. */
  constructor(resumed: boolean) {
    this.#resumed = resumed
  }

  add(route: Route): void {
    this.#routes.add(route)
    if (route.id !== undefined) this.#byId.set(route.id, route)
    this.#byTopic.clear()
  }

  remove(route: Route): void {
    this.#routes.delete(route)
    if (route.id !== undefined) this.#byId.delete(route.id)
    this.#byTopic.clear()
  }

  /** Whether there is a route of that subscription. */
  has(subscribed: string): boolean {
    for (const route of this.#routes) if (route.subscribed === subscribed) return true
    return false
  }

  /** @returns whether it was for anybody. */
  dispatch(packet: PublishPacket): boolean {
    const ids = packet.properties.subscriptionIds
    if (ids.length === 0) return this.#dispatchByTopic(packet)
    let found = false
    for (let i = 0; i < ids.length; i++) {
      const route = this.#byId.get(ids[i]!)
      if (route === undefined) continue
      found = true
      route.accept(packet)
    }
    return found || (this.#resumed && this.#dispatchByTopic(packet))
  }

  #dispatchByTopic(packet: PublishPacket): boolean {
    // A broker that names no subscriptions does not say either for whose sake it sends what it had retained.
    const routes = packet.retain
      ? [...this.#routes].filter(({ filter }) => topicMatches(filter, packet.topic))
      : (this.#byTopic.get(packet.topic) ?? this.#match(packet.topic))
    for (let i = 0; i < routes.length; i++) routes[i]!.accept(packet)
    return routes.length > 0
  }

  #match(topic: string): readonly Route[] {
    // Of several routes of one subscription the newest: to the broker it has replaced the others.
    const newest = new Map<string, Route>()
    for (const route of this.#routes)
      if (topicMatches(route.filter, topic)) newest.set(route.subscribed, route)
    const found = [...newest.values()]
    if (this.#byTopic.size >= CACHED_TOPICS) this.#byTopic.clear()
    this.#byTopic.set(topic, found)
    return found
  }
}
