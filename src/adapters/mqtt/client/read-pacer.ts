import type { Clock, Timer } from '../../../core/clock.js'

const WINDOW_MS = 1
/** How many reads within a window indicate a flood. */
const SUSPICIOUS_READS = 8
/** How many small reads after a large one start a pause during a flood. */
const FLOOD_READS = 2
const PAUSE_MS = 1
/**
 * How many bytes the reads after a pause must bring to confirm a flood. The first read may be small: a broker without
 * TCP_NODELAY sends the rest only after the first segment is acknowledged.
 */
const WORTHWHILE_BYTES = 4_096
const PROBES = 4
/** Size from which a read needs no pause, in bytes. */
const LARGE_BYTES = 16_384
/** Minimum time without pauses after a fruitless pause, and after messages that must not wait, in milliseconds. */
const REST_MS = 30

/** A connection whose reads are paced. */
export interface PacedReading {
  hold(): void
  release(): void
}

type Pace =
  | { readonly kind: 'watching'; readonly since: number; readonly reads: number }
  | { readonly kind: 'paused'; readonly timer: Timer }
  /** The next reads show whether the pause was useful. */
  | { readonly kind: 'probing'; readonly reads: number; readonly bytes: number }
  | { readonly kind: 'flooded'; readonly reads: number }
  | { readonly kind: 'resting'; readonly until: number }

/**
 * Turns a flood of small reads into few large ones by pausing for a millisecond at a time, because a fast reader
 * otherwise spends most of its time waking up for single messages. It probes for a flood with single pauses, so that a
 * sender that waits for our answer is rarely delayed.
 */
export class ReadPacer {
  readonly #clock: Clock
  readonly #reading: PacedReading
  #pace: Pace = { kind: 'watching', since: 0, reads: 0 }

  constructor(clock: Clock, reading: PacedReading) {
    this.#clock = clock
    this.#reading = reading
  }

  /** Called after each read of `size` bytes. */
  onRead(size: number): void {
    const pace = this.#pace
    if (pace.kind === 'paused') return
    if (pace.kind === 'probing') {
      const [reads, bytes] = [pace.reads + 1, pace.bytes + size]
      if (bytes >= WORTHWHILE_BYTES) this.#pace = { kind: 'flooded', reads: 0 }
      else if (reads >= PROBES) this.rest()
      else this.#pace = { kind: 'probing', reads, bytes }
    } else if (pace.kind === 'flooded') {
      if (size >= LARGE_BYTES) return
      if (pace.reads + 1 >= FLOOD_READS) this.#pause()
      else this.#pace = { kind: 'flooded', reads: pace.reads + 1 }
    } else this.#watch(pace)
  }

  /** Makes no pauses for a while, because the received messages must not wait. */
  rest(): void {
    if (this.#pace.kind !== 'paused')
      this.#pace = { kind: 'resting', until: this.#clock.monotonic() + REST_MS }
  }

  /** Cancels a pause. */
  close(): void {
    if (this.#pace.kind === 'paused') this.#pace.timer.cancel()
  }

  #watch(pace: Pace & { readonly kind: 'watching' | 'resting' }): void {
    const now = this.#clock.monotonic()
    if (pace.kind === 'resting' && now < pace.until) return
    const sameWindow = pace.kind === 'watching' && now - pace.since <= WINDOW_MS
    if (!sameWindow) this.#pace = { kind: 'watching', since: now, reads: 1 }
    else if (pace.reads + 1 >= SUSPICIOUS_READS) this.#pause()
    else this.#pace = { kind: 'watching', since: pace.since, reads: pace.reads + 1 }
  }

  #pause(): void {
    this.#reading.hold()
    const timer = this.#clock.setTimer(PAUSE_MS, () => {
      this.#pace = { kind: 'probing', reads: 0, bytes: 0 }
      this.#reading.release()
    })
    this.#pace = { kind: 'paused', timer }
  }
}
