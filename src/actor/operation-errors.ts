import type { Clock } from '../core/clock.js'
import { ConnectionError, TimeoutError } from '../core/errors.js'
import type { IntegrationSettings } from '../core/settings.js'
import type { Connection } from './connection.js'
import type { Operation } from './operation.js'

/** What the text of a time-out depends on. */
export interface TimeoutSituation {
  readonly clock: Clock
  readonly settings: IntegrationSettings
  readonly connection: Pick<Connection, 'isConnected' | 'lastError'>
}

/**
 * Says how long the operation took, how many attempts were made, and why there was no connection if there was none. A
 * caller that allowed less time than the integration allows one attempt says nothing about the server.
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

/** The error of an operation that ends every connection that it is tried on. */
export function endsConnections({ request, cutOffs }: Operation, error: Error): ConnectionError {
  const { verb, target } = request
  return new ConnectionError(
    `${verb} ${target}: the connection ended ${cutOffs + 1} times in a row while it was in flight, the last time alone: ${error.message}`,
    { retryable: false, cause: error },
  )
}
