import { systemClock } from '../../core/clock.js'

/**
 * grpc-js and the server get a deadline this much later than the actor's: the actor ends an attempt first and
 * decides whether the caller's or the server's time was exceeded.
 */
const ACTOR_FIRST_MS = 100

/**
 * Converts a deadline for grpc-js, which expects epoch milliseconds.
 * @param deadline `clock.monotonic()` milliseconds
 */
export function wallDeadline(deadline: number): number {
  return systemClock.now() + (deadline - systemClock.monotonic()) + ACTOR_FIRST_MS
}
