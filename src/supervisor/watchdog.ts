import { formatBytes } from '../core/bytes.js'
import { type Clock, every, type Timer } from '../core/clock.js'
import type { Gauges } from '../mailbox/gauges.js'

/** One life of an actor, as the watchdog watches it. */
export interface Watched {
  readonly gauges: Gauges
  readonly heartbeatMs: number
  /** Bytes; Infinity for no limit. */
  readonly memory: number
  /** Called once, with the reason, when the actor must be replaced. `isSilent` if it has missed its heartbeat. */
  readonly onFault: (reason: string, isSilent: boolean) => void
}

const LOOK_EVERY_MS = 100

interface Watch {
  readonly watched: Watched
  beat: number
  silentMs: number
}

/**
 * Checks the heartbeat and the memory of every actor in shared memory. Finds threads that spin or are stuck and cannot
 * answer, and threads that use too much memory, which V8's limits do not contain.
 */
export class Watchdog {
  readonly #clock: Clock
  readonly #watches = new Set<Watch>()
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Starts to watch one life. @returns a function that ends the watch */
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
      watch.watched.onFault(fault, watch.silentMs > watch.watched.heartbeatMs)
    }
  }

  #faultOf(watch: Watch): string | undefined {
    const { gauges, heartbeatMs, memory } = watch.watched
    if (gauges.heapBytes > memory)
      return `it held ${formatBytes(gauges.heapBytes)} of memory; "limits.memory" allows ${formatBytes(memory)}`
    const beat = gauges.heartbeat
    // It loads its code, which may take long on a busy machine. `Life` limits how long.
    if (beat === 0) return undefined
    if (beat !== watch.beat) {
      watch.beat = beat
      watch.silentMs = 0
      return undefined
    }
    // Count checks instead of elapsed time: if the whole process was suspended, the actor could not beat either.
    watch.silentMs += LOOK_EVERY_MS
    if (watch.silentMs <= heartbeatMs) return undefined
    return `it missed its heartbeat for ${watch.silentMs} ms; "supervision.heartbeat" allows ${heartbeatMs} ms`
  }
}
