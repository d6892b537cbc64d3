import { systemClock } from '../../core/clock.js'

/**
 * The actor ends an attempt at its deadline, and decides then whether the time was the caller's or the server's. The
 * library and the server, which learns of the deadline too, come later, so that they never decide in its place.
 */
const ACTOR_FIRST_MS = 100

/** A deadline as grpc-js wants it, in epoch milliseconds. @param deadline `clock.monotonic()` milliseconds */
export function wallDeadline(deadline: number): number {
  return systemClock.now() + (deadline - systemClock.monotonic()) + ACTOR_FIRST_MS
}
