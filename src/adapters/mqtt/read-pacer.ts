import type { Clock, Timer } from '../../core/clock.js'

/** So many reads within a window are a flood. */
const FLOOD_READS = 4
const WINDOW_MS = 1
const PAUSE_MS = 1
/** A read of this size is worth its while. */
const LARGE_READ = 16_384

/** What is paced. */
export interface PacedReading {
  hold(): void
  release(): void
}

/**
 * Makes few large reads of many small ones, as network cards do with interrupts: brokers write each message by
 * itself, and a fast reader then spends most of its time (and, on the same machine, the broker's) on waking up
 * for it. After some small reads in quick succession the socket is left alone for a millisecond. Messages that
 * come more slowly are not delayed.
 */
export class ReadPacer {
  readonly #clock: Clock
  readonly #reading: PacedReading
  #windowStart = 0
  #reads = 0
  #pause: Timer | undefined

  constructor(clock: Clock, reading: PacedReading) {
    this.#clock = clock
    this.#reading = reading
  }

  /** Called after each read, of `size` bytes. */
  onRead(size: number): void {
    const now = this.#clock.monotonic()
    if (now - this.#windowStart > WINDOW_MS) {
      this.#windowStart = now
      this.#reads = 0
    }
    if (++this.#reads < FLOOD_READS || size >= LARGE_READ || this.#pause !== undefined) return
    this.#reading.hold()
    this.#pause = this.#clock.setTimer(PAUSE_MS, () => {
      this.#pause = undefined
      this.#windowStart = 0
      this.#reading.release()
    })
  }

  /** Ends a pause for good. */
  close(): void {
    this.#pause?.cancel()
  }
}
