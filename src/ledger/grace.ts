import type { Request } from './request.js'

/**
 * How long after a deadline the host waits for the time-out of the actor, which knows more about the cause, before it
 * settles the request itself. Short, because an actor that is stuck never answers.
 */
const GRACE_MS = 50
/** How long a receive that does not wait may take: only the broker knows whether a message is available. */
const POLL_MS = 1_000

/**
 * How long after its deadline the actor may still settle a request, in milliseconds.
 * @param isAttached whether there is an actor
 */
export function graceOf({ verb, state, timeoutMs }: Request, isAttached: boolean): number {
  if (verb !== 'receive') return state === 'posted' ? GRACE_MS : 0
  if (!isAttached) return 0
  return timeoutMs < GRACE_MS ? POLL_MS : GRACE_MS
}
