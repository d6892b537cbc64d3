import type { Clock, Timer } from './clock.js'

/** The time that is left for something. It can be shortened while somebody waits. */
export class Countdown {
  /** Resolves when no time is left. */
  readonly over: Promise<void>
  readonly #clock: Clock
  #until: number
  #timer: Timer
  #end: () => void = () => {}

  constructor(clock: Clock, ms: number) {
    this.#clock = clock
    this.#until = clock.monotonic() + ms
    this.over = new Promise((resolve) => {
      this.#end = resolve
    })
    this.#timer = clock.setTimer(ms, this.#end)
  }

  /** Milliseconds, from 0. */
  get left(): number {
    return Math.max(0, this.#until - this.#clock.monotonic())
  }

  /** Leaves `ms` from now; does nothing where less is left. @returns whether it changed */
  shorten(ms: number): boolean {
    if (ms >= this.left) return false
    this.#until = this.#clock.monotonic() + ms
    this.#timer.cancel()
    this.#timer = this.#clock.setTimer(ms, this.#end)
    return true
  }

  /** Nobody waits any more: its timer does not keep the process. */
  cancel(): void {
    this.#timer.cancel()
  }
}
