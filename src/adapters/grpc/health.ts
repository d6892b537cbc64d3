import { status } from '@grpc/grpc-js'
import type { Attempt } from '../../core/adapter/attempt.js'
import { ConnectionError } from '../../core/errors/connection.js'
import { asBuffer } from './bytes.js'
import { HEALTH, HEALTH_SERVICE, healthRequest, stateOf } from './health-messages.js'
import { failureOf, type Session } from './session.js'
import type { Status } from './status.js'

/** Statuses of a server without a health service, or without permission to use it: the server is alive. */
const ALIVE: ReadonlySet<number | undefined> = new Set([status.UNIMPLEMENTED, status.PERMISSION_DENIED])

/**
 * Checks the server's health (gRPC Health Checking Protocol, version 1) on every channel, because any of them may
 * have lost its connection unnoticed.
 * @throws ConnectionError if the server is not serving, and what every call throws
 */
export async function checkHealth(session: Session, service: string, signal: AbortSignal): Promise<void> {
  const context: Attempt = { deadline: Number.POSITIVE_INFINITY, signal }
  try {
    const request = asBuffer(healthRequest(service))
    const answers = await session.caller.onEveryChannel(`/${HEALTH_SERVICE}/Check`, request, context)
    if (answers.some(({ bytes }) => stateOf(bytes) !== HEALTH.serving))
      throw new ConnectionError(`${session.status.server}: the health check found the server not serving`, {
        integration: session.integration,
        errorClass: 'service-unavailable',
      })
  } catch (failure) {
    if (ALIVE.has((failure as Status | null)?.code)) return
    throw failureOf(failure, 'health check', session, context)
  }
}
