import { topicMatches } from '../../core/topic-pattern.js'
import type { Hold } from './client/ack-gate.js'
import type { PublishPacket } from './client/publish-decoder.js'

/** The receiver of one subscription's messages. */
export interface Route {
  /** The topic filter without `$share/GROUP/`. */
  readonly filter: string
  /** The topic filter as sent to the broker, including `$share/GROUP/`. */
  readonly subscribed: string
  /** The subscription identifier, if the broker supports them (MQTT 5). */
  readonly id: number | undefined
  /**
   * Receives a message.
   * @param taken called once the message has another owner; absent if nothing is acknowledged
   * @param hold dropped if the connection ends before the message has another owner
   */
  accept(packet: PublishPacket, taken: (() => void) | undefined, hold: Hold | undefined): void
  /** Reports messages that were lost before they arrived whole. */
  lost(count: number, reason: string): void
  /** Reports that the connection has ended. @param kept whether the broker sends unacknowledged messages again */
  ended(kept: boolean): void
}

const CACHED_TOPICS = 4_096
const NONE: readonly Route[] = []

/**
 * Finds the routes of a message by the broker's subscription identifiers, because a message that overlapping filters
 * match may arrive once for all or once for each. Without identifiers it matches the topic, and caches the result.
 */
export class Router {
  readonly #routes = new Set<Route>()
  readonly #byId = new Map<number, readonly Route[]>()
  readonly #byTopic = new Map<string, readonly Route[]>()
  readonly #resumed: boolean

  /**
   * @param resumed whether the broker may send identifiers of an earlier connection, in which case the topic decides
   */
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

  /** Returns whether a subscription has a route. */
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
    // Without subscription identifiers it is unknown for which subscription a retained message is sent, so match all
    // routes.
    if (retain) return [...this.#routes].filter(({ filter }) => topicMatches(filter, topic))
    return this.#byTopic.get(topic) ?? this.#match(topic)
  }

  #match(topic: string): readonly Route[] {
    // For several routes of one subscription use the newest: at the broker it has replaced the others.
    const newest = new Map<string, Route>()
    for (const route of this.#routes)
      if (topicMatches(route.filter, topic)) newest.set(route.subscribed, route)
    const found = [...newest.values()]
    if (this.#byTopic.size >= CACHED_TOPICS) this.#byTopic.clear()
    this.#byTopic.set(topic, found)
    return found
  }
}
