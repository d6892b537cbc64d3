import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock } from '../core/clock.js'

/** Garbage is collected at this share of the limit at which the supervisor replaces the thread. */
const COLLECT_AT = 0.75
/** Below the limit, at most one collection happens in this time, in milliseconds. */
const COLLECT_EVERY_MS = 500

/**
 * Measures the memory that a thread holds. The supervisor replaces a thread by this figure, and V8 collects array
 * buffers late, so garbage is collected before the figure counts. A collection that is not needed costs more than its
 * time: V8 drops the compiled code of what has not run lately, so a thread that collects when it is idle starts slowly.
 */
export class HeldMemory {
  readonly #clock: Clock
  readonly #mark: number
  #collectedAt = Number.NEGATIVE_INFINITY

  /** @param mark bytes at which the supervisor replaces this thread */
  constructor(clock: Clock, mark: number) {
    this.#clock = clock
    this.#mark = mark
  }

  /**
   * Returns the size of heap and array buffers, in bytes. Called at every heartbeat. A figure above the mark never
   * contains garbage, because large answers leave more than the difference within `COLLECT_EVERY_MS`.
   */
  measure(): number {
    const held = bytesHeld()
    const now = this.#clock.monotonic()
    const isEarly = now - this.#collectedAt < COLLECT_EVERY_MS
    if (held < this.#mark * COLLECT_AT || (isEarly && held <= this.#mark)) return held
    collectGarbage()
    // V8 frees the array buffers on another thread, and waits for that in the next collection.
    if (bytesHeld() > this.#mark) collectGarbage()
    this.#collectedAt = now
    return bytesHeld()
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
