import type { Clock, Timer } from '../../core/clock.js'
import type { Logger } from '../../core/telemetry.js'
import { topicMatches } from '../../core/topic-pattern.js'
import type { Hold } from './ack-gate.js'
import type { PublishPacket } from './publish-decoder.js'
import { type Route, Router } from './router.js'

/** How long messages of a resumed session wait for their subscription to be made again. */
const UNCLAIMED_MS = 10_000

interface Unclaimed {
  readonly packet: PublishPacket
  readonly hold: Hold
}

/**
 * The receiving side of the pub/sub connection: routes messages and acknowledges those that were taken. A
 * resumed session brings its messages before the actor has subscribed again: those of QoS 1 and 2 wait here,
 * unacknowledged and so no more than Receive Maximum of them.
 */
export class Inbox {
  readonly #router: Router
  readonly #log: Logger
  readonly #grace: Timer | undefined
  #unclaimed: Unclaimed[] | undefined

  constructor(resumed: boolean, clock: Clock, log: Logger) {
    this.#router = new Router(resumed)
    this.#log = log
    if (!resumed) return
    this.#unclaimed = []
    this.#grace = clock.setTimer(UNCLAIMED_MS, () => this.#giveUp(), { background: true })
  }

  onPublish(packet: PublishPacket, hold: Hold | undefined): void {
    const taken = this.#router.dispatch(packet)
    if (hold === undefined) return
    if (taken || this.#unclaimed === undefined) hold.settle()
    else this.#unclaimed.push({ packet, hold })
  }

  /** From now on `route` gets what is for it, beginning with what waits. */
  add(route: Route): void {
    this.#router.add(route)
    if (this.#unclaimed === undefined) return
    const waiting = this.#unclaimed
    this.#unclaimed = waiting.filter(({ packet }) => !topicMatches(route.filter, packet.topic))
    for (const { packet, hold } of waiting) {
      if (!topicMatches(route.filter, packet.topic)) continue
      route.accept(packet)
      hold.settle()
    }
  }

  /** Whether there is a route of that subscription. */
  has(subscribed: string): boolean {
    return this.#router.has(subscribed)
  }

  remove(route: Route): void {
    this.#router.remove(route)
  }

  close(): void {
    this.#grace?.cancel()
    this.#unclaimed = undefined
  }

  #giveUp(): void {
    const dropped = this.#unclaimed ?? []
    this.#unclaimed = undefined
    for (const { hold } of dropped) hold.settle()
    if (dropped.length > 0)
      this.#log({
        level: 'warn',
        message: 'dropped messages of an earlier session that nothing subscribes to any more',
        count: dropped.length,
      })
  }
}
