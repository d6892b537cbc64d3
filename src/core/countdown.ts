import type { Clock, Timer } from './clock.js'

/** A time limit that can be shortened while callers wait for it. */
export class Countdown {
  /** Resolves when the time is up. Never settles after `cancel`. */
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

  /** Milliseconds left; 0 when the time is up. */
  get left(): number {
    return Math.max(0, this.#until - this.#clock.monotonic())
  }

  /** Shortens the time left to `ms`; does nothing if less is left. @returns whether it changed */
  shorten(ms: number): boolean {
    if (ms >= this.left) return false
    this.#until = this.#clock.monotonic() + ms
    this.#timer.cancel()
    this.#timer = this.#clock.setTimer(ms, this.#end)
    return true
  }

  /** Cancels the timer, so that it does not keep the process alive. */
  cancel(): void {
    this.#timer.cancel()
  }
}
