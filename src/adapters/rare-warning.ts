import type { Clock } from '../core/clock.js'
import type { Logger } from '../core/telemetry.js'

/** Time between two lines, in milliseconds. */
const PERIOD_MS = 10_000

/**
 * Logs a warning whose cause is in the hands of callers: the first one at once, the others as one line in each period
 * with their number.
 */
export class RareWarning {
  readonly #log: Logger
  readonly #clock: Clock
  #isPeriod = false
  #count = 0
  #last = ''

  constructor(log: Logger, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  /** Logs the message, or counts it. */
  add(message: string): void {
    if (this.#isPeriod) {
      this.#count++
      this.#last = message
      return
    }
    this.#log({ level: 'warn', message })
    this.#beginPeriod()
  }

  #beginPeriod(): void {
    this.#isPeriod = true
    this.#clock.setTimer(PERIOD_MS, () => this.#endPeriod(), { background: true })
  }

  #endPeriod(): void {
    this.#isPeriod = false
    if (this.#count === 0) return
    this.#log({ level: 'warn', message: this.#last, count: this.#count })
    this.#count = 0
    this.#beginPeriod()
  }
}
