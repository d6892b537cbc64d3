import { formatBytes } from '../core/bytes.js'
import type { Clock } from '../core/clock.js'
import { ActorCrashedError, type ShutdownError } from '../core/errors/lifecycle.js'
import { CircuitOpenError } from '../core/errors/limits.js'
import { SerializeError, TimeoutError } from '../core/errors/operation.js'
import type { Capacity } from '../core/overflow.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { VerbTraits } from '../mailbox/verbs.js'
import type { Request } from './request.js'

/** Which requests are accepted. `draining` refuses receives and new sources; `closed` accepts settlements only. */
export type Intake = 'open' | 'draining' | 'closed'

/** Why a request is refused: its actor is shut down, or has failed permanently. `undefined` if it is not. */
export function refusalOf(
  { settles, isOpenEnded }: VerbTraits,
  intake: Intake,
  ended: { readonly kind: 'stopped' } | { readonly kind: 'failed'; readonly reason: string } | undefined,
  integration: string,
  shutDown: () => ShutdownError,
): Error | undefined {
  const isLate = intake === 'closed' || (intake === 'draining' && isOpenEnded)
  if ((isLate && !settles) || ended?.kind === 'stopped') return shutDown()
  if (ended === undefined || ended.kind !== 'failed') return undefined
  return new ActorCrashedError(ended.reason, false, { integration, retryable: false })
}

/**
 * The error of an open circuit breaker; `undefined` if it lets requests through. Read from shared memory, without a
 * message.
 */
export function openCircuit(
  gauges: Gauges | undefined,
  clock: Clock,
  integration: string,
): CircuitOpenError | undefined {
  if (gauges?.isBreakerOpen !== true) return undefined
  const left = gauges.breakerOpenUntil - clock.monotonic()
  return left > 0 ? new CircuitOpenError(left, { integration }) : undefined
}

/** Makes the error for a payload above the limit of the integration. */
export function tooLarge(bytes: number, limit: number, integration: string): SerializeError {
  const reason = `the payload has ${bytes} bytes; "limits.frame" allows ${limit}`
  return new SerializeError(reason, { integration, fault: 'local', notExecuted: true })
}

/** The message for a full mailbox. */
export function mailboxFull({ messages, bytes }: Capacity): string {
  const limits = `"mailbox.messages" is ${messages}, "mailbox.bytes" is ${formatBytes(bytes)}`
  return `the mailbox is full (${limits}): await requests before making more, or raise these settings`
}

/** Makes the error of a request that the host timed out. @param cause why there is no connection */
export function timedOut(
  { verb, target, timeoutMs }: Request,
  integration: string,
  cause: Error | undefined,
): TimeoutError {
  const why = cause !== undefined && { cause, notConnected: cause.message }
  return new TimeoutError(`${verb} ${target}`.trim(), { integration, afterMs: timeoutMs, ...why })
}
