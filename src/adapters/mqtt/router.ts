import { topicMatches } from '../../core/topic-pattern.js'
import type { Hold } from './client/ack-gate.js'
import type { PublishPacket } from './client/publish-decoder.js'

/** Where messages of one subscription go. */
export interface Route {
  /** The topic filter, without `$share/GROUP/`. */
  readonly filter: string
  /** The topic filter as the broker was told it: with `$share/GROUP/`, if any. */
  readonly subscribed: string
  /** The subscription identifier, in MQTT 5 with a broker that has them. */
  readonly id: number | undefined
  /**
   * @param taken to be called once the message has another owner; absent where nothing is acknowledged
   * @param hold what is dropped when the connection ends before the message has another owner
   */
  accept(packet: PublishPacket, taken: (() => void) | undefined, hold: Hold | undefined): void
  /** Messages were lost before they reached us whole. */
  lost(count: number, reason: string): void
  /** The connection has ended. @param kept whether the broker sends what is unacknowledged again */
  ended(kept: boolean): void
}

const CACHED_TOPICS = 4_096
const NONE: readonly Route[] = []

/**
 * Finds the subscriptions that a message is for. Where the broker names them (subscription identifiers),
 * those: a message that overlapping filters match may come once for all of them or once for each. Otherwise
 * all whose filter matches; the answer is remembered per topic.
 */
export class Router {
  readonly #routes = new Set<Route>()
  readonly #byId = new Map<number, readonly Route[]>()
  readonly #byTopic = new Map<string, readonly Route[]>()
  readonly #resumed: boolean

  /** @param resumed the broker may name subscriptions of an earlier connection: then the topic decides. */
  constructor(resumed: boolean) {
    this.#resumed = resumed
  }

  get routes(): ReadonlySet<Route> {
    return this.#routes
  }

  add(route: Route): void {
    this.#routes.add(route)
    if (route.id !== undefined) this.#byId.set(route.id, [route])
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

  find(packet: PublishPacket): readonly Route[] {
    const ids = packet.properties.subscriptionIds
    if (ids.length === 0) return this.findByTopic(packet)
    const found =
      ids.length === 1 ? (this.#byId.get(ids[0]!) ?? NONE) : ids.flatMap((id) => this.#byId.get(id) ?? NONE)
    return found.length === 0 && this.#resumed ? this.findByTopic(packet) : found
  }

  findByTopic({ topic, retain }: Pick<PublishPacket, 'topic' | 'retain'>): readonly Route[] {
    // A broker that names no subscriptions does not say either for whose sake it sends what it had retained.
    if (retain) return [...this.#routes].filter(({ filter }) => topicMatches(filter, topic))
    return this.#byTopic.get(topic) ?? this.#match(topic)
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
