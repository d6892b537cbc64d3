import { type Clock, every, type Timer } from '../core/clock.js'
import type { PoolFigures } from '../core/status.js'
import type { Gauges } from '../mailbox/gauges.js'
import { HeldMemory } from './held-memory.js'

/** Beats per period that the supervisor allows: some may come late without harm. */
const BEATS_PER_PERIOD = 10
const FASTEST_MS = 20

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
  const held = new HeldMemory(clock, memory)
  const beat = () => {
    if (pool !== undefined) gauges.setPool(pool())
    gauges.beat(held.measure())
  }
  beat()
  return every(clock, Math.max(FASTEST_MS, heartbeatMs / BEATS_PER_PERIOD), beat, { background: true })
}
