import { status } from '@grpc/grpc-js'
import type { Attempt } from '../../core/adapter.js'
import { ConnectionError } from '../../core/errors.js'
import { asBuffer } from './bytes.js'
import { HEALTH, HEALTH_SERVICE, healthRequest, stateOf } from './health-messages.js'
import { failureOf, type Link } from './link.js'
import type { Status } from './status.js'

/** A server that answers so has no health service, or not for us: it is alive all the same. */
const ALIVE: ReadonlySet<number | undefined> = new Set([status.UNIMPLEMENTED, status.PERMISSION_DENIED])

/**
 * Asks the server how it is (gRPC Health Checking Protocol, version 1), on every channel: any of them may have lost
 * its connection without a sign.
 * @throws ConnectionError when it says that it is not serving, and what every call throws
 */
export async function checkHealth(link: Link, service: string, signal: AbortSignal): Promise<void> {
  const context: Attempt = { deadline: Number.POSITIVE_INFINITY, signal }
  try {
    const request = asBuffer(healthRequest(service))
    const answers = await link.caller.everywhere(`/${HEALTH_SERVICE}/Check`, request, context)
    if (answers.some(({ bytes }) => stateOf(bytes) !== HEALTH.serving))
      throw new ConnectionError(`${link.status.server}: the server says that it is not serving`, {
        integration: link.integration,
        errorClass: 'service-unavailable',
      })
  } catch (failure) {
    if (ALIVE.has((failure as Status | null)?.code)) return
    throw failureOf(failure, 'health check', link, context)
  }
}
