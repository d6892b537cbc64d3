import type { Clock } from '../core/clock.js'
import {
  ActorCrashedError,
  CircuitOpenError,
  SerializeError,
  ShutdownError,
  TimeoutError,
} from '../core/errors.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { VerbTraits } from '../mailbox/verbs.js'
import type { Request } from './request.js'

/** What is accepted. `draining`: nothing that takes from the broker or opens something. */
export type Intake = 'open' | 'draining' | 'closed'

/** Why a request is not accepted, whatever room there is: the gateway shuts down, or its actor has been given up. */
export function refusalOf(
  { settles, isOpenEnded }: VerbTraits,
  intake: Intake,
  state:
    | { readonly kind: 'present' | 'absent' | 'stopped' }
    | { readonly kind: 'failed'; readonly reason: string },
  integration: string,
): Error | undefined {
  const isLate = intake === 'closed' || (intake === 'draining' && isOpenEnded)
  if ((isLate && !settles) || state.kind === 'stopped') return new ShutdownError({ integration })
  if (state.kind !== 'failed') return undefined
  return new ActorCrashedError(state.reason, false, { integration, retryable: false })
}

/** An open breaker fails fast, without a hop. */
export function openCircuit(
  gauges: Gauges | undefined,
  clock: Clock,
  integration: string,
): CircuitOpenError | undefined {
  if (gauges?.isBreakerOpen !== true) return undefined
  const left = gauges.breakerOpenUntil - clock.monotonic()
  return left > 0 ? new CircuitOpenError(left, { integration }) : undefined
}

/** A payload above the limit of the integration: refused before it crosses. */
export function tooLarge(bytes: number, limit: number, integration: string): SerializeError {
  const reason = `the payload has ${bytes} bytes; "limits.frame" allows ${limit}`
  return new SerializeError(reason, { integration, fault: 'local', notExecuted: true })
}

/** @param cause why there is no connection. */
export function timedOut(
  { verb, target, timeoutMs }: Request,
  integration: string,
  cause: Error | undefined,
): TimeoutError {
  const why = cause !== undefined && { cause, notConnected: cause.message }
  return new TimeoutError(`${verb} ${target}`.trim(), { integration, afterMs: timeoutMs, ...why })
}
