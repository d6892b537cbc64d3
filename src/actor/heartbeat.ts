import { getHeapStatistics } from 'node:v8'
import { type Clock, every, type Timer } from '../core/clock.js'
import type { PoolFigures } from '../core/status.js'
import type { Gauges } from '../mailbox/gauges.js'
import { collectGarbage } from './collect-garbage.js'

/** Beats per period that the supervisor allows: some may come late without harm. */
const BEATS_PER_PERIOD = 10
const FASTEST_MS = 20

/** At this share of the mark at which the supervisor replaces the thread, it collects garbage first. */
const COLLECT_AT = 0.75
const COLLECT_EVERY_MS = 500

/**
 * Shows in shared memory that this event loop turns, and how much memory this thread holds. A thread that
 * spins or is stuck in a native call misses its beat: that is what the supervisor looks for.
 * @param limits.memory bytes at which the supervisor replaces this thread.
 * @param pool its pool of connections, where it has one
 */
export function startHeartbeat(
  clock: Clock,
  gauges: Gauges,
  { heartbeatMs, memory }: { readonly heartbeatMs: number; readonly memory: number },
  pool?: () => PoolFigures,
): Timer {
  let collectedAt = Number.NEGATIVE_INFINITY
  const beat = () => {
    if (pool !== undefined) gauges.setPool(pool())
    let held = bytesHeld()
    if (held >= memory * COLLECT_AT && clock.monotonic() - collectedAt >= COLLECT_EVERY_MS) {
      collectedAt = clock.monotonic()
      collectGarbage()
      held = bytesHeld()
    }
    gauges.beat(held)
  }
  beat()
  return every(clock, Math.max(FASTEST_MS, heartbeatMs / BEATS_PER_PERIOD), beat, { background: true })
}

/** Array buffers are not in the heap, nor within V8's limits. */
function bytesHeld(): number {
  const heap = getHeapStatistics()
  return heap.used_heap_size + heap.external_memory
}
