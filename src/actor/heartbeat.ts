import { getHeapStatistics } from 'node:v8'
import { type Clock, every, type Timer } from '../core/clock.js'
import type { PoolFigures } from '../core/status.js'
import type { Gauges } from '../mailbox/gauges.js'

/** Beats per period that the supervisor allows: some may come late without harm. */
const BEATS_PER_PERIOD = 10
const FASTEST_MS = 20

/**
 * Shows in shared memory that this event loop turns, and how much memory this thread holds. A thread that
 * spins or is stuck in a native call misses its beat: that is what the supervisor looks for.
 * @param pool its pool of connections, where it has one
 */
export function startHeartbeat(
  clock: Clock,
  gauges: Gauges,
  heartbeatMs: number,
  pool?: () => PoolFigures,
): Timer {
  const beat = () => {
    const heap = getHeapStatistics()
    // Array buffers live outside of the heap and outside of V8's limits.
    if (pool !== undefined) gauges.setPool(pool())
    gauges.beat(heap.used_heap_size + heap.external_memory)
  }
  beat()
  return every(clock, Math.max(FASTEST_MS, heartbeatMs / BEATS_PER_PERIOD), beat, { background: true })
}
