import type { ByteBudget } from '../core/byte-budget.js'
import { type Clock, every, type Timer } from '../core/clock.js'
import type { Gauges } from '../mailbox/gauges.js'
import { type Outgoing, weightOf } from './outgoing.js'
import { unshared } from './own-copy.js'

/** With more topics than this, messages are passed on early: publishers choose the topics and could exhaust memory. */
const MOST_TOPICS = 10_000

/**
 * Keeps the newest message of each topic and passes them on at a fixed interval. A message that a newer one replaces
 * is counted as conflated.
 */
export class Conflator {
  readonly #newest = new Map<string, Outgoing>()
  readonly #gauges: Gauges
  readonly #pass: (message: Outgoing) => void
  readonly #mayPass: () => boolean
  readonly #timer: Timer
  readonly #budget: ByteBudget

  /**
   * @param everyMs the interval in milliseconds
   * @param mayPass whether the host has received all earlier messages; until then messages are still conflated
   */
  constructor(
    clock: Clock,
    everyMs: number,
    gauges: Gauges,
    budget: ByteBudget,
    mayPass: () => boolean,
    pass: (message: Outgoing) => void,
  ) {
    this.#gauges = gauges
    this.#budget = budget
    this.#pass = pass
    this.#mayPass = mayPass
    this.#timer = every(clock, everyMs, () => this.#flush(), { background: true })
  }

  offer(message: Outgoing): void {
    const replaced = this.#newest.get(message.topic)
    if (replaced !== undefined) {
      this.#gauges.count('conflated')
      this.#budget.give(weightOf(replaced))
      replaced.taken?.()
    }
    const kept = { ...message, payload: unshared(message.payload) }
    this.#newest.set(message.topic, kept)
    this.#budget.take(weightOf(kept))
    if (this.#mustPass) this.#flush()
  }

  /** Passes on all messages at once and stops. */
  finish(): void {
    this.#timer.cancel()
    this.#passAll()
  }

  /** Stops. @returns the messages that have not been passed on */
  close(): Outgoing[] {
    this.#timer.cancel()
    return this.#takeAll()
  }

  get #mustPass(): boolean {
    return this.#newest.size > MOST_TOPICS || this.#budget.isFull
  }

  #flush(): void {
    if (this.#newest.size > 0 && (this.#mustPass || this.#mayPass())) this.#passAll()
  }

  #passAll(): void {
    for (const message of this.#takeAll()) this.#pass(message)
  }

  #takeAll(): Outgoing[] {
    const all = [...this.#newest.values()]
    this.#newest.clear()
    for (const message of all) this.#budget.give(weightOf(message))
    return all
  }
}
