import type { Clock } from '../core/clock.js'
import { ConnectionError } from '../core/errors/connection.js'
import { TimeoutError } from '../core/errors/operation.js'
import type { IntegrationSettings } from '../core/settings/integration.js'
import type { Connection } from './connection.js'
import type { Operation } from './operation.js'

/** The parts that the message of a time-out is made from. */
export interface TimeoutSituation {
  readonly clock: Clock
  readonly settings: IntegrationSettings
  readonly connection: Pick<Connection, 'isConnected' | 'lastError'>
}

/**
 * Makes the error of an operation that timed out. Its fault is `local` if the caller allowed less time than the
 * integration allows one attempt, because that says nothing about the server.
 */
export function timedOut(
  operation: Operation,
  { clock, settings, connection }: TimeoutSituation,
): TimeoutError {
  const { request, startedAt, attempts, state } = operation
  const now = clock.monotonic()
  const begunAt = state.kind === 'attempting' ? state.attempt.startedAt : startedAt
  const { lastError, isConnected } = connection
  return new TimeoutError(`${request.verb} ${request.target}`.trim(), {
    integration: settings.name,
    afterMs: now - startedAt,
    attempts,
    ...(now - begunAt < settings.timeoutMs && { fault: 'local' }),
    ...(!isConnected && lastError !== undefined && { notConnected: lastError.message, cause: lastError }),
  })
}

/** Makes the error of an operation that ends every connection on which it is tried. */
export function endsConnections({ request, cutOffs }: Operation, error: Error): ConnectionError {
  const { verb, target } = request
  return new ConnectionError(
    `${verb} ${target}: the connection ended ${cutOffs + 1} times in a row while it was in flight, the last time alone: ${error.message}`,
    { retryable: false, cause: error },
  )
}
