import { performance } from 'node:perf_hooks'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock } from '../core/clock.js'

/** Garbage is collected at this share of the limit at which the supervisor replaces the thread. */
const COLLECT_AT = 0.75
const COLLECT_EVERY_MS = 500
/** An idle thread collects garbage if it has grown by more than this since the last collection. */
const LEFT_BYTES = 2 * 1024 * 1024
/** An idle thread collects only a heap smaller than this, which takes about 20 ms. */
const SMALL_BYTES = 64 * 1024 * 1024
/** A thread is idle after this many idle heartbeats in a row. */
const IDLE_BEATS = 3
/** The most utilization of an idle event loop. */
const IDLE_SHARE = 0.1

/**
 * Measures the memory that a thread holds, and collects garbage when that pays. The supervisor replaces a thread by
 * this figure, and V8 collects array buffers late.
 */
export class HeldMemory {
  readonly #clock: Clock
  readonly #mark: number
  #collectedAt = Number.NEGATIVE_INFINITY
  /** What was held after the last collection; at first what loading has left, which is not worth one. */
  #afterCollection = bytesHeld()
  #idleBeats = 0
  #utilization = performance.eventLoopUtilization()

  /** @param mark bytes at which the supervisor replaces this thread */
  constructor(clock: Clock, mark: number) {
    this.#clock = clock
    this.#mark = mark
  }

  /** Returns the size of heap and array buffers, in bytes. Called at every heartbeat. */
  measure(): number {
    const held = bytesHeld()
    if (!this.#isDue(held)) return held
    collectGarbage()
    this.#collectedAt = this.#clock.monotonic()
    this.#afterCollection = bytesHeld()
    return this.#afterCollection
  }

  #isDue(held: number): boolean {
    const now = performance.eventLoopUtilization()
    const share = performance.eventLoopUtilization(now, this.#utilization).utilization
    this.#utilization = now
    this.#idleBeats = share < IDLE_SHARE ? this.#idleBeats + 1 : 0
    if (this.#clock.monotonic() - this.#collectedAt < COLLECT_EVERY_MS) return false
    if (held >= this.#mark * COLLECT_AT) return true
    return this.#idleBeats >= IDLE_BEATS && held < SMALL_BYTES && held - this.#afterCollection > LEFT_BYTES
  }
}

let collect: (() => void) | undefined

function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as () => void
  }
  collect()
}

/** Adds external memory, because array buffers are not part of the heap. */
function bytesHeld(): number {
  const heap = getHeapStatistics()
  return heap.used_heap_size + heap.external_memory
}
