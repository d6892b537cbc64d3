import { asIntegrationError } from '../../resilience/classify.js'
import { afterFailure } from '../redelivery.js'

/** What follows an attempt to deliver a message that failed. */
export type AfterAttempt =
  /** Try again. @property counts whether it was an attempt of `max_attempts` */
  | { readonly kind: 'again'; readonly afterMs: number; readonly counts: boolean }
  | { readonly kind: 'refused' }

/** Kinds of errors that say nothing about the message: the other side cannot be reached, or has no room. */
const AWAY: ReadonlySet<string> = new Set([
  'connection',
  'circuit-open',
  'rate-limited',
  'mailbox-full',
  'actor-crashed',
  'shutdown',
  'auth',
])
const AWAY_DELAY_MS = 100
const LONGEST_AWAY_MS = 5_000

/**
 * Decides what follows a failed attempt.
 * @param error of the last attempt
 * @param attempts those that counted, with this one
 * @param tries all tries, with this one
 * @param isConnected whether the sink has a connection
 */
export function afterAttempt(
  error: unknown,
  attempts: number,
  tries: number,
  maxAttempts: number,
  isConnected: boolean,
): AfterAttempt {
  const known = asIntegrationError(error)
  const isAway =
    known !== undefined &&
    // A connection that a message ends again and again is given up with an error that is not retryable.
    ((AWAY.has(known.kind) && (known.retryable || known.kind === 'auth' || !isConnected)) ||
      known.errorClass === 'service-unavailable' ||
      (known.kind === 'timeout' && (!isConnected || known.fault === 'local')))
  if (isAway)
    return {
      kind: 'again',
      afterMs: Math.min(LONGEST_AWAY_MS, AWAY_DELAY_MS * 2 ** Math.min(10, tries - 1)),
      counts: false,
    }
  if (known === undefined || !known.retryable || attempts >= maxAttempts) return { kind: 'refused' }
  const next = afterFailure(attempts + 1, undefined, { queue: '', maxDeliveries: Number.POSITIVE_INFINITY })
  return { kind: 'again', afterMs: next.kind === 'again' ? next.afterMs : 0, counts: true }
}
