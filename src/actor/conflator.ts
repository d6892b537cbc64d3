import { type Clock, every, type Timer } from '../core/clock.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { Outgoing } from './delivery-queue.js'

/** Topics are chosen by strangers: past this many, the newest messages leave early rather than take more memory. */
const MOST_TOPICS = 10_000

/**
 * Keeps the newest message of each topic and passes them on at a steady pace: what a screen can show, however
 * fast messages come. A message that a newer one replaced is counted as conflated.
 */
export class Conflator {
  readonly #newest = new Map<string, Outgoing>()
  readonly #gauges: Gauges
  readonly #pass: (message: Outgoing) => void
  readonly #mayPass: () => boolean
  readonly #timer: Timer

  /**
   * @param everyMs the pace.
   * @param mayPass whether the receiver has finished with what it got before; until then messages go on being conflated.
   */
  constructor(
    clock: Clock,
    everyMs: number,
    gauges: Gauges,
    mayPass: () => boolean,
    pass: (message: Outgoing) => void,
  ) {
    this.#gauges = gauges
    this.#pass = pass
    this.#mayPass = mayPass
    this.#timer = every(clock, everyMs, () => this.#flush(), { background: true })
  }

  offer(message: Outgoing): void {
    if (this.#newest.has(message.topic)) this.#gauges.count('conflated')
    this.#newest.set(message.topic, message)
    if (this.#newest.size > MOST_TOPICS) this.#flush()
  }

  /** No more will come: what is here is passed on at once. */
  finish(): void {
    this.#timer.cancel()
    for (const message of this.#newest.values()) this.#pass(message)
    this.#newest.clear()
  }

  close(): void {
    this.#timer.cancel()
    this.#newest.clear()
  }

  #flush(): void {
    if (this.#newest.size === 0 || (this.#newest.size <= MOST_TOPICS && !this.#mayPass())) return
    for (const message of this.#newest.values()) this.#pass(message)
    this.#newest.clear()
  }
}
