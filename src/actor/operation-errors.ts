import type { Clock } from '../core/clock.js'
import { ConnectionError } from '../core/errors/connection.js'
import type { ErrorContext } from '../core/errors/context.js'
import type { IntegrationError } from '../core/errors/integration-error.js'
import { ShutdownError } from '../core/errors/lifecycle.js'
import { TimeoutError } from '../core/errors/operation.js'
import type { IntegrationSettings } from '../core/settings/integration.js'
import type { Connection } from './connection.js'
import type { Operation, OperationAttempt } from './operation.js'

/** The parts that the message of a time-out is made from. */
export interface TimeoutSituation {
  readonly clock: Clock
  readonly settings: IntegrationSettings
  readonly connection: Pick<Connection, 'isConnected' | 'lastError'>
}

/** An adapter may end an attempt this many milliseconds before its deadline, and timers of Node fire early too. */
const EARLY_MS = 10

/** An attempt had its full time if it had this share of the integration's `timeout`: it may begin a moment late. */
const FULL_SHARE = 0.95

/** Whether an attempt has lasted until its deadline. */
export function hadItsTime({ deadline }: OperationAttempt, clock: Clock): boolean {
  return clock.monotonic() >= deadline - EARLY_MS
}

/**
 * Makes the error of an operation that timed out. Its fault is `local` if the caller allowed less time than the
 * integration allows one attempt, because that says nothing about the server.
 * @param found the time-out that the adapter reported: the actor knows the operation, the time and the attempts
 */
export function timedOut(
  operation: Operation,
  situation: TimeoutSituation,
  found?: IntegrationError,
): TimeoutError {
  const { request, startedAt, attempts } = operation
  const { clock, settings, connection } = situation
  const { lastError, isConnected } = connection
  const lost = isConnected ? undefined : lastError
  const name = `${request.verb} ${request.target}`.trim()
  const step = found && stepOf(found, name, operation, clock)
  const cause = found ?? lost
  return new TimeoutError(name, {
    ...(found && factsOf(found)),
    integration: settings.name,
    afterMs: clock.monotonic() - startedAt,
    attempts,
    ...(isLocal(operation, situation, found) && { fault: 'local' }),
    ...(step !== undefined && { step }),
    ...(lost !== undefined && { notConnected: lost.message }),
    ...(cause !== undefined && { cause }),
  })
}

/** Makes the error of a call of a batch that timed out. @param found the time-out that the adapter reported */
export function callTimedOut(method: string, afterMs: number, found: IntegrationError): TimeoutError {
  const { integration } = found
  return new TimeoutError(`call ${method}`, { ...factsOf(found), integration, afterMs, cause: found })
}

function isLocal(
  { state, startedAt }: Operation,
  { clock, settings }: TimeoutSituation,
  found: IntegrationError | undefined,
): boolean {
  if (state.kind !== 'attempting') return clock.monotonic() - startedAt < settings.timeoutMs
  const { attempt } = state
  if (found?.fault === 'local') return true
  if (!hadItsTime(attempt, clock)) return found === undefined
  return attempt.deadline - attempt.startedAt < settings.timeoutMs * FULL_SHARE
}

/** What an adapter's error says that the actor cannot know. */
function factsOf({
  retryable,
  errorClass,
  notExecuted,
  fault,
  retryAfterMs,
}: IntegrationError): ErrorContext {
  return {
    retryable,
    ...(errorClass !== undefined && { errorClass }),
    ...(notExecuted === true && { notExecuted }),
    ...(fault !== undefined && { fault }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

/** The step that took too long; undefined if it is the operation itself. */
function stepOf(
  found: IntegrationError,
  name: string,
  { state }: Operation,
  clock: Clock,
): string | undefined {
  if ((found as Partial<TimeoutError>).operation === name) return undefined
  const isEarly = state.kind === 'attempting' && !hadItsTime(state.attempt, clock)
  // An attempt that ended at its deadline after it was sent waited for its answer.
  return isEarly || found.notExecuted === true ? found.message : undefined
}

/** Makes the error of an operation that would have to wait, and whose source stops. @param cause why it would wait */
export function mayNotWait(cause?: Error): ShutdownError {
  return new ShutdownError({ retryable: true, cause })
}

/** Makes the error of an operation that ends every connection on which it is tried. */
export function endsConnections({ request, cutOffs }: Operation, error: Error): ConnectionError {
  const { verb, target } = request
  return new ConnectionError(
    `${verb} ${target}: the connection ended ${cutOffs + 1} times in a row while it was in flight, the last time alone: ${error.message}`,
    { retryable: false, cause: error },
  )
}
