import { waitFor } from '../support/wait-for.js'
import type { SinkEnd } from './ends.js'

/** How long nothing may arrive. */
const PATIENCE_MS = 60_000

/** What an independent client has found at the sink. */
export class Arrivals {
  /** What a killed broker had not made durable, and may have lost. */
  readonly excused = new Set<number>()
  readonly #sink: SinkEnd
  readonly #state: () => unknown
  /** The numbers, each when it arrived for the first time. */
  readonly #numbers = new Set<number>()
  #read = 0
  #newest = -1

  /** @param state what to report if messages do not arrive */
  constructor(sink: SinkEnd, state: () => unknown) {
    this.#sink = sink
    this.#state = state
  }

  /** The numbers that have arrived, in the order of their first arrival. */
  async first(): Promise<readonly number[]> {
    await this.read()
    return [...this.#numbers]
  }

  /** The highest number that was found. */
  get newest(): number {
    return this.#newest
  }

  /** Waits until this number, or a later one, has arrived. */
  has(number: number): Promise<void> {
    return this.#until(
      () => this.#newest >= number,
      () => `message ${number}; the newest is ${this.#newest}`,
    )
  }

  /** Waits until every number below `end` has arrived, but for those that the broker may have lost. */
  all(end: number): Promise<void> {
    const missing = () => this.#missing(end).filter((number) => !this.excused.has(number))
    return this.#until(
      () => missing().length === 0,
      () => `${missing().length} of ${end} messages: ${missing().slice(0, 10)}`,
    )
  }

  async figures() {
    await this.read()
    const lost = [...this.excused].filter((number) => !this.#numbers.has(number)).length
    const again = this.#read - this.#numbers.size
    return { arrived: this.#numbers.size, again, notDurable: this.excused.size, lostByBroker: lost }
  }

  #missing(end: number): number[] {
    const missing: number[] = []
    for (let n = 0; n < end; n++) if (!this.#numbers.has(n)) missing.push(n)
    return missing
  }

  /** Waits as long as messages arrive. */
  async #until(isSo: () => boolean, what: () => string): Promise<void> {
    while (!isSo()) {
      const before = this.#read
      await waitFor(
        async () => {
          await this.read()
          return this.#read !== before
        },
        { timeoutMs: PATIENCE_MS, everyMs: 50, what: () => `${what()}; ${JSON.stringify(this.#state())}` },
      )
    }
  }

  /** Reads what has come since the last time. */
  async read(): Promise<void> {
    for (const number of (await this.#sink.found()).slice(this.#read)) {
      this.#numbers.add(number)
      this.#newest = Math.max(this.#newest, number)
      this.#read++
    }
  }
}
