import { status } from '@grpc/grpc-js'
import type { Attempt } from '../../core/adapter.js'
import { ConnectionError } from '../../core/errors.js'
import { asBuffer } from './bytes.js'
import { HEALTH, HEALTH_SERVICE, healthRequest, stateOf } from './health-messages.js'
import { failureOf, type Link } from './link.js'
import type { Status } from './status.js'

/**
 * Asks the server how it is (gRPC Health Checking Protocol, version 1). A server that does not have the protocol
 * has answered all the same, and that will do.
 * @throws ConnectionError when it says that it is not serving, and what every call throws
 */
export async function checkHealth(link: Link, service: string, signal: AbortSignal): Promise<void> {
  const context: Attempt = { deadline: Number.POSITIVE_INFINITY, signal }
  try {
    const request = asBuffer(healthRequest(service))
    const { bytes } = await link.caller.unary(`/${HEALTH_SERVICE}/Check`, request, context)
    if (stateOf(bytes) !== HEALTH.serving)
      throw new ConnectionError(`${link.status.server}: the server says that it is not serving`, {
        integration: link.integration,
        errorClass: 'service-unavailable',
      })
  } catch (failure) {
    if ((failure as Status | null)?.code === status.UNIMPLEMENTED) return
    throw failureOf(failure, 'health check', link, context)
  }
}
