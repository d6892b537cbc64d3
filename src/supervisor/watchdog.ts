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

/** A thread that handles messages may miss its heartbeat this many times as long as one that does nothing. */
const BUSY_PERIODS = 10

interface Watch {
  readonly watched: Watched
  beat: number
  handled: number
  /** How long it has neither beaten nor handled a message. */
  silentMs: number
  /** How long it has not beaten. */
  lateMs: number
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
    const watch: Watch = {
      watched,
      beat: watched.gauges.heartbeat,
      handled: watched.gauges.handled,
      silentMs: 0,
      lateMs: 0,
    }
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
      watch.watched.onFault(fault, watch.lateMs > watch.watched.heartbeatMs)
    }
  }

  #faultOf(watch: Watch): string | undefined {
    const { gauges, heartbeatMs, memory } = watch.watched
    const { handled } = gauges
    if (gauges.heapBytes > memory)
      return `it held ${formatBytes(gauges.heapBytes)} of memory; "limits.memory" allows ${formatBytes(memory)}`
    const beat = gauges.heartbeat
    // It loads its code, which may take long on a busy machine. `Life` limits how long.
    if (beat === 0) return undefined
    // Many requests that arrive at once may take one turn of the loop, and its timers wait. To end the thread then would
    // let callers end it.
    if (beat !== watch.beat || handled !== watch.handled) watch.silentMs = 0
    else watch.silentMs += LOOK_EVERY_MS
    // Count checks instead of elapsed time: if the whole process was suspended, the actor could not beat either.
    watch.lateMs = beat === watch.beat ? watch.lateMs + LOOK_EVERY_MS : 0
    watch.beat = beat
    watch.handled = handled
    if (watch.silentMs <= heartbeatMs && watch.lateMs <= BUSY_PERIODS * heartbeatMs) return undefined
    return `it missed its heartbeat for ${watch.lateMs} ms; "supervision.heartbeat" allows ${heartbeatMs} ms`
  }
}
