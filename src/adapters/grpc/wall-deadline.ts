import { systemClock } from '../../core/clock.js'

/** A deadline as grpc-js wants it, in epoch milliseconds. @param deadline `clock.monotonic()` milliseconds */
export function wallDeadline(deadline: number): number {
  return systemClock.now() + (deadline - systemClock.monotonic())
}
