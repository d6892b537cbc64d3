import type { Logger, LogLevel } from '../../../core/telemetry.js'

/** Counts ignored messages and logs the 1st, 10th, 100th and so on, so that a flood stays a few lines. */
export class Tally {
  readonly #log: Logger
  readonly #level: LogLevel
  readonly #message: string
  #count = 0
  #next = 1

  constructor(log: Logger, level: LogLevel, message: string) {
    this.#log = log
    this.#level = level
    this.#message = message
  }

  add(reason: string): void {
    this.#count++
    if (this.#count < this.#next) return
    this.#next *= 10
    this.#log({ level: this.#level, message: this.#message, count: this.#count, reason })
  }
}
