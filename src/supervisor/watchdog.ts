import { formatBytes } from '../core/bytes.js'
import { type Clock, every, type Timer } from '../core/clock.js'
import type { Gauges } from '../mailbox/gauges.js'

/** What the watchdog is told of one life of an actor. */
export interface Watched {
  readonly gauges: Gauges
  readonly heartbeatMs: number
  /** Bytes; Infinity for no mark. */
  readonly memory: number
  /** Called once, with the reason, when it must be replaced. */
  readonly onFault: (reason: string) => void
}

const LOOK_EVERY_MS = 100

interface Watch {
  readonly watched: Watched
  beat: number
  silentMs: number
}

/**
 * Looks at the heartbeat and the memory of every actor in shared memory: sees a thread that spins or is stuck,
 * which cannot answer, and one that grows, which V8's limits do not contain.
 */
export class Watchdog {
  readonly #clock: Clock
  readonly #watches = new Set<Watch>()
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @returns a function that ends the watch. */
  watch(watched: Watched): () => void {
    const watch: Watch = { watched, beat: watched.gauges.heartbeat, silentMs: 0 }
    this.#watches.add(watch)
    this.#timer ??= every(this.#clock, LOOK_EVERY_MS, () => this.#look(), { background: true })
    return () => {
      this.#watches.delete(watch)
      if (this.#watches.size > 0) return
      this.#timer?.cancel()
      this.#timer = undefined
    }
  }

  #look(): void {
    for (const watch of [...this.#watches]) {
      const fault = this.#faultOf(watch)
      if (fault === undefined || !this.#watches.delete(watch)) continue
      watch.watched.onFault(fault)
    }
  }

  #faultOf(watch: Watch): string | undefined {
    const { gauges, heartbeatMs, memory } = watch.watched
    if (gauges.heapBytes > memory)
      return `it held ${formatBytes(gauges.heapBytes)} of memory; the limit is ${formatBytes(memory)}`
    const beat = gauges.heartbeat
    if (beat !== watch.beat) {
      watch.beat = beat
      watch.silentMs = 0
      return undefined
    }
    // Looks are counted, not time: when the whole process stood still, nobody had a chance to beat.
    watch.silentMs += LOOK_EVERY_MS
    return watch.silentMs > heartbeatMs ? `it missed its heartbeat for ${watch.silentMs} ms` : undefined
  }
}
