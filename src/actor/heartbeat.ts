import { type Clock, every, type Timer } from '../core/clock.js'
import type { PoolFigures } from '../core/status.js'
import type { Gauges } from '../mailbox/gauges.js'
import { HeldMemory } from './held-memory.js'

/** Beats in the period that the supervisor allows. Several may be late before the supervisor replaces the thread. */
const BEATS_PER_PERIOD = 10
const FASTEST_MS = 20

/**
 * Writes to shared memory that the event loop is running, and how much memory the thread holds. A thread that spins or
 * is stuck in a native call misses its beats, and the supervisor replaces it.
 * @param limits.memory bytes at which the supervisor replaces this thread
 * @param pool reads the figures of the connection pool, if there is one
 * @param closed returns how many sources have been closed
 */
export function startHeartbeat(
  clock: Clock,
  gauges: Gauges,
  { heartbeatMs, memory }: { readonly heartbeatMs: number; readonly memory: number },
  pool?: () => PoolFigures,
  closed?: () => number,
): Timer {
  const held = new HeldMemory(clock, memory, closed)
  const beat = () => {
    if (pool !== undefined) gauges.setPool(pool())
    gauges.beat(held.measure())
  }
  beat()
  return every(clock, Math.max(FASTEST_MS, heartbeatMs / BEATS_PER_PERIOD), beat, { background: true })
}
