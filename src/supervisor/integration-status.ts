import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { Counts } from '../core/metrics.js'
import type { ConnectionFault, HealthStatus, IntegrationStatus, ListenAddress } from '../core/status.js'
import type { ErrorRecord } from '../mailbox/error-codec.js'
import type { ActorControl } from '../mailbox/thread-messages.js'
import type { Life } from './life.js'

/** The range of latencies: 1 microsecond to 1 hour. Two significant digits keep the histogram small. */
const LATENCIES = { lowest: 1, highest: 3_600_000_000, figures: 2 } as const

/** Makes the histogram of the durations of operations. */
export function newLatencies(): RecordableHistogram {
  return createHistogram(LATENCIES)
}

/** What a child knows besides its current life. */
export interface StatusParts {
  readonly errorCount: number
  readonly lastUsed: number
  readonly lastError: ConnectionFault | undefined
  readonly listening: ListenAddress | undefined
}

/** Returns the status of an integration. @param life its current life; `undefined` while there is none */
export function statusOf(
  life: Life<ActorControl> | undefined,
  { errorCount, lastUsed, lastError, listening }: StatusParts,
): IntegrationStatus {
  const used = { ...(lastUsed > 0 && { lastUsed }), ...(lastError && { lastError }) }
  if (life === undefined)
    return { state: 'disconnected', breaker: 'closed', reconnectAttempt: 0, errorCount, ...used }
  const { connection, breaker, connectedSince, reconnectAttempt, pool } = life.gauges
  return {
    state: connection,
    breaker,
    reconnectAttempt,
    errorCount,
    ...used,
    threadId: life.threadId,
    ...(connection === 'connected' && { connectedSince }),
    ...(connection === 'connected' && listening !== undefined && { listening }),
    ...(pool !== undefined && { pool }),
  }
}

/** Asks a life for a health check; returns "unhealthy" if it cannot answer. Never throws. */
export async function healthOf(
  life: Life<ActorControl> | undefined,
  { state: connection, breaker }: IntegrationStatus,
): Promise<HealthStatus> {
  const unhealthy = (reason: string): HealthStatus => ({
    healthy: false,
    latencyMs: 0,
    connection,
    breaker,
    reason,
  })
  if (life === undefined || !life.isRunning) return unhealthy('its actor is not running')
  return life.control.health().catch((error: Error) => unhealthy(error.message))
}

/** Converts the error of a connection as its actor reported it. @param at milliseconds since 1970 */
export function faultOf({ message, fields }: ErrorRecord, at: number): ConnectionFault {
  const kind = typeof fields.kind === 'string' ? (fields.kind as ConnectionFault['kind']) : 'connection'
  return { kind, message, at }
}

/** Returns how many errors there were of all kinds. */
export function totalErrors({ errors }: Counts): number {
  return Object.values(errors).reduce((sum, count) => sum + count, 0)
}
