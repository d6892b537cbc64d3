import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock } from '../core/clock.js'

/** Garbage is collected at this share of the limit at which the supervisor replaces the thread. */
const COLLECT_AT = 0.75
/** Below the limit, at most one collection happens in this time, in milliseconds. */
const COLLECT_EVERY_MS = 500
/** Garbage is also collected when so many sources have been closed since, because V8 keeps what outlived two scavenges. */
const COLLECT_CLOSED = 1_000

/**
 * Measures the memory that a thread holds. The supervisor replaces a thread by this figure, and V8 collects array
 * buffers late, so garbage is collected before the figure counts. A collection that is not needed costs more than its
 * time: V8 drops the compiled code of what has not run lately, so a thread that collects when it is idle starts slowly.
 */
export class HeldMemory {
  readonly #clock: Clock
  readonly #mark: number
  readonly #closed: () => number
  readonly #collect: () => void
  #collectedAt = Number.NEGATIVE_INFINITY
  /** The sources that had been closed at the last measurement, and at the last collection. */
  #closedBefore = 0
  #closedCollected = 0

  /**
   * @param mark bytes at which the supervisor replaces this thread
   * @param closed returns how many sources have been closed
   */
  constructor(clock: Clock, mark: number, closed: () => number = () => 0, collect = collectGarbage) {
    this.#clock = clock
    this.#mark = mark
    this.#closed = closed
    this.#collect = collect
  }

  /**
   * Returns the size of heap and array buffers, in bytes. Called at every heartbeat. A figure above the mark never
   * contains garbage, because large answers leave more than the difference within `COLLECT_EVERY_MS`.
   */
  measure(): number {
    const held = bytesHeld()
    const now = this.#clock.monotonic()
    const isEarly = now - this.#collectedAt < COLLECT_EVERY_MS
    const isNearMark = held >= this.#mark * COLLECT_AT
    if (!(this.#leftMuch() || isNearMark) || (isEarly && held <= this.#mark)) return held
    this.#collect()
    // V8 frees the array buffers on another thread, and waits for that in the next collection.
    if (bytesHeld() > this.#mark) this.#collect()
    this.#collectedAt = now
    this.#closedCollected = this.#closedBefore
    return bytesHeld()
  }

  /** Whether many sources have been closed, and none since the last measurement: the thread does something else now. */
  #leftMuch(): boolean {
    const closed = this.#closed()
    const isQuiet = closed === this.#closedBefore
    this.#closedBefore = closed
    return isQuiet && closed - this.#closedCollected >= COLLECT_CLOSED
  }
}

let collect: (() => unknown) | undefined

function collectGarbage(): void {
  collect ??= globalThis.gc ?? exposedCollector()
  collect()
}

function exposedCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const collector = runInNewContext('gc') as () => void
  // Under other flags, later threads could not use the code that V8 has compiled for this one.
  setFlagsFromString('--no-expose-gc')
  return collector
}

/** Adds external memory, because array buffers are not part of the heap. */
function bytesHeld(): number {
  const heap = getHeapStatistics()
  return heap.used_heap_size + heap.external_memory
}
