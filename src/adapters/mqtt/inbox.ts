import type { Clock, Timer } from '../../core/clock.js'
import type { Logger } from '../../core/telemetry.js'
import { topicMatches } from '../../core/topic-pattern.js'
import type { Hold } from './client/ack-gate.js'
import type { OversizePacket, PublishPacket } from './client/publish-decoder.js'
import { owned } from './owned.js'
import { type Route, Router } from './router.js'
import type { Receiver } from './session-group.js'

/** How long messages of a resumed session wait until their subscription is restored, in milliseconds. */
const UNCLAIMED_MS = 10_000

interface Unclaimed {
  readonly packet: PublishPacket
  readonly hold: Hold
}

/**
 * Receives the messages of a session with subscriptions: routes them, and acknowledges each when all its receivers have
 * taken it. A resumed session delivers before the actor has subscribed again, so messages of QoS 1 and 2 wait here
 * unacknowledged, limited by Receive Maximum and in bytes.
 */
export class Inbox implements Receiver {
  readonly #router: Router
  readonly #log: Logger
  readonly #grace: Timer | undefined
  readonly #limit: number
  #unclaimed: Unclaimed[] | undefined
  #bytes = 0
  #dropped = 0

  /** @param limit how many bytes of payload may wait for their subscription; a single message may be larger */
  constructor(resumed: boolean, limit: number, clock: Clock, log: Logger) {
    this.#router = new Router(resumed)
    this.#limit = limit
    this.#log = log
    if (!resumed) return
    this.#unclaimed = []
    this.#grace = clock.setTimer(UNCLAIMED_MS, () => this.#dropUnclaimed(), { background: true })
  }

  onPublish(packet: PublishPacket, hold: Hold | undefined): void {
    const routes = this.#router.find(packet)
    if (routes.length === 0) {
      if (hold !== undefined && !this.#keep(packet, hold)) hold.settle()
      return
    }
    // Retained messages arrive again with the next subscription, so they need not be taken.
    if (packet.retain) hold?.settle()
    const taken = hold === undefined || packet.retain ? undefined : settleAfter(routes.length, hold)
    for (let i = 0; i < routes.length; i++) routes[i]!.accept(packet, taken, hold)
  }

  onOversize(packet: OversizePacket, hold: Hold | undefined): void {
    const reason = `a message of ${packet.size} bytes is larger than limits.frame`
    this.#log({ level: 'warn', message: reason, topic: packet.topic })
    for (const route of this.#router.findByTopic(packet)) route.lost(1, reason)
    hold?.settle()
  }

  /** Adds a route and passes it the waiting messages that match it. */
  add(route: Route): void {
    this.#router.add(route)
    if (this.#unclaimed === undefined) return
    const isFor = ({ packet }: Unclaimed) => topicMatches(route.filter, packet.topic)
    const claimed = this.#unclaimed.filter(isFor)
    this.#unclaimed = this.#unclaimed.filter((waiting) => !isFor(waiting))
    for (const { packet, hold } of claimed) {
      this.#bytes -= packet.payload.length
      route.accept(packet, () => void hold.settle(), hold)
    }
  }

  /** Returns whether a subscription has a route. */
  has(subscribed: string): boolean {
    return this.#router.has(subscribed)
  }

  remove(route: Route): void {
    this.#router.remove(route)
  }

  close(_error: Error, kept: boolean): void {
    this.#grace?.cancel()
    for (const { hold } of this.#unclaimed ?? []) hold.drop?.()
    this.#unclaimed = undefined
    this.#reportDropped()
    for (const route of this.#router.routes) route.ended(kept)
  }

  /** @returns whether the message waits for its subscription */
  #keep(packet: PublishPacket, hold: Hold): boolean {
    if (this.#unclaimed === undefined) return false
    const bytes = this.#bytes + packet.payload.length
    if (bytes > this.#limit && this.#unclaimed.length > 0) {
      this.#dropped++
      return false
    }
    this.#bytes = bytes
    this.#unclaimed.push({ packet: owned(packet), hold })
    return true
  }

  #dropUnclaimed(): void {
    const dropped = this.#unclaimed ?? []
    this.#unclaimed = undefined
    for (const { hold } of dropped) hold.settle()
    this.#dropped += dropped.length
    this.#reportDropped()
  }

  #reportDropped(): void {
    if (this.#dropped === 0) return
    this.#log({
      level: 'warn',
      message: 'dropped messages of an earlier session: no subscription matches them',
      count: this.#dropped,
    })
    this.#dropped = 0
  }
}

/** Returns a function that settles `hold` when it has been called `count` times. */
function settleAfter(count: number, hold: Hold): () => void {
  if (count === 1) return () => void hold.settle()
  let missing = count
  return () => {
    if (--missing === 0) hold.settle()
  }
}
