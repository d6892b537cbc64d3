import type { Clock, Timer } from '../../../core/clock.js'

const WINDOW_MS = 1
/** So many reads within a window may be a flood. */
const SUSPICIOUS_READS = 8
/** In a flood, so many small reads after a large one are enough. */
const FLOOD_READS = 2
const PAUSE_MS = 1
/**
 * It is a flood if the reads after a pause bring so many bytes. The first may be small all the same: a broker
 * without TCP_NODELAY keeps the rest until that one is acknowledged, which reading it does.
 */
const WORTHWHILE_BYTES = 4_096
const PROBES = 4
/** A read of this size needs no pause. */
const LARGE_BYTES = 16_384
/** After a pause that brought nothing, and after messages that must not wait. */
const REST_MS = 30

/** What is paced. */
export interface PacedReading {
  hold(): void
  release(): void
}

type Pace =
  | { readonly kind: 'watching'; readonly since: number; readonly reads: number }
  | { readonly kind: 'paused'; readonly timer: Timer }
  /** The next reads tell whether the pause was worth it. */
  | { readonly kind: 'probing'; readonly reads: number; readonly bytes: number }
  | { readonly kind: 'flooded'; readonly reads: number }
  | { readonly kind: 'resting'; readonly until: number }

/**
 * Makes few large reads of many small ones, as network cards do with interrupts: brokers write each message by
 * itself, and a fast reader then spends most of its time (and, on the same machine, the broker's) on waking up
 * for it. In a flood the socket is left alone for a millisecond again and again. Whether it is one is tried out:
 * somebody who waits for us before he sends more is not slowed down by more than one pause in a while.
 */
export class ReadPacer {
  readonly #clock: Clock
  readonly #reading: PacedReading
  #pace: Pace = { kind: 'watching', since: 0, reads: 0 }

  constructor(clock: Clock, reading: PacedReading) {
    this.#clock = clock
    this.#reading = reading
  }

  /** Called after each read, of `size` bytes. */
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

  /** What came must not wait: no pauses for a while. */
  rest(): void {
    if (this.#pace.kind !== 'paused')
      this.#pace = { kind: 'resting', until: this.#clock.monotonic() + REST_MS }
  }

  /** Ends a pause for good. */
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
