import type { Clock, Timer } from '../../core/clock.js'
import type { Logger } from '../../core/telemetry.js'
import { topicMatches } from '../../core/topic-pattern.js'
import type { Hold } from './client/ack-gate.js'
import type { PublishPacket } from './client/publish-decoder.js'
import { type Route, Router } from './router.js'
import type { Receiver } from './session-group.js'

/** How long messages of a resumed session wait for their subscription to be made again. */
const UNCLAIMED_MS = 10_000

interface Unclaimed {
  readonly packet: PublishPacket
  readonly hold: Hold
}

/**
 * The receiving side of the pub/sub connection: routes messages and acknowledges those that were taken. A
 * resumed session brings its messages before the actor has subscribed again: those of QoS 1 and 2 wait here,
 * unacknowledged and so no more than Receive Maximum of them, and no more than so many bytes.
 */
export class Inbox implements Receiver {
  readonly #router: Router
  readonly #log: Logger
  readonly #grace: Timer | undefined
  readonly #limit: number
  #unclaimed: Unclaimed[] | undefined
  #bytes = 0
  #dropped = 0

  /** @param limit how many bytes of payload may wait for their subscription; a single message may be larger. */
  constructor(resumed: boolean, limit: number, clock: Clock, log: Logger) {
    this.#router = new Router(resumed)
    this.#limit = limit
    this.#log = log
    if (!resumed) return
    this.#unclaimed = []
    this.#grace = clock.setTimer(UNCLAIMED_MS, () => this.#giveUp(), { background: true })
  }

  onPublish(packet: PublishPacket, hold: Hold | undefined): void {
    const taken = this.#router.dispatch(packet)
    if (hold === undefined) return
    if (taken || !this.#keep(packet, hold)) hold.settle()
  }

  /** From now on `route` gets what is for it, beginning with what waits. */
  add(route: Route): void {
    this.#router.add(route)
    if (this.#unclaimed === undefined) return
    const isFor = ({ packet }: Unclaimed) => topicMatches(route.filter, packet.topic)
    const claimed = this.#unclaimed.filter(isFor)
    this.#unclaimed = this.#unclaimed.filter((waiting) => !isFor(waiting))
    for (const { packet, hold } of claimed) {
      this.#bytes -= packet.payload.length
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
    this.#reportDropped()
  }

  /** @returns whether it waits for its subscription. */
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

  #giveUp(): void {
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
      message: 'dropped messages of an earlier session that nothing had subscribed to again',
      count: this.#dropped,
    })
    this.#dropped = 0
  }
}

/** The packet with a payload that does not keep alive the large chunk of the socket it came in. */
function owned(packet: PublishPacket): PublishPacket {
  const { payload } = packet
  const shared = payload.buffer.byteLength > 2 * payload.length
  return shared ? { ...packet, payload: new Uint8Array(payload) } : packet
}
