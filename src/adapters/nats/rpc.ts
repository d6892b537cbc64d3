import type { Attempt } from '../../core/adapter/attempt.js'
import type { RpcFacet } from '../../core/adapter/rpc-facet.js'
import { AuthError } from '../../core/errors/connection.js'
import { IntegrationError } from '../../core/errors/integration-error.js'
import { RpcError } from '../../core/errors/rpc.js'
import type { Value } from '../../core/value.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { noServer } from '../rpc-errors.js'
import { encodeHeaders } from './client/headers.js'
import { NoResponders, type Reply, type Request } from './client/requests.js'
import { checkSize, NEVER_SENT } from './client/sizes.js'
import type { CurrentConnections } from './connection-set.js'
import { errorOf } from './rpc-errors.js'
import type { Subjects } from './subjects.js'

const INVALID_REQUEST = -32_600
const NO_BYTES = new Uint8Array(0)

/**
 * Calls: a request to the subject named like the method, answered on our inbox. If no server subscribes to the subject,
 * the NATS server says so and the call fails at once with code -32601.
 */
export function rpcFacet(connections: CurrentConnections, format: WireFormat, subjects: Subjects): RpcFacet {
  const encode = (method: string, params: Value | undefined, context: Attempt): Request => {
    const payload = params === undefined ? NO_BYTES : format.encode(params)
    try {
      const subject = subjects.subject(method)
      const headers = context.headers && encodeHeaders(context.headers)
      checkSize(connections().main, headers, payload)
      return { subject, headers, payload }
    } catch (error) {
      if (error instanceof IntegrationError) throw error
      throw new RpcError(
        INVALID_REQUEST,
        `cannot call ${method}: ${(error as Error).message}`,
        undefined,
        NEVER_SENT,
      )
    }
  }
  return {
    async call(method, params, context) {
      const { requests } = connections()
      let reply: Reply
      try {
        reply = await requests.send(`call ${method}`, encode(method, params, context), context.deadline)
      } catch (error) {
        if (!(error instanceof NoResponders)) throw error
        throw noServer(method, { notExecuted: true })
      }
      const { block, payload } = reply
      context.answered?.(payload.byteLength)
      const error = errorOf(block.headers, payload, format)
      if (error !== undefined) throw error
      return payload.byteLength === 0 ? null : format.decode(payload)
    },

    async notify(method, params, context) {
      const { main, refused } = connections()
      const { subject, headers, payload } = encode(method, params, context)
      const reason = refused.reason(subject)
      if (reason !== undefined)
        throw new AuthError(`notify ${method} is not permitted: ${reason}`, NEVER_SENT)
      const { writer } = main
      writer.publish(subject, undefined, headers, payload)
      await writer.congestion()
    },
  }
}
