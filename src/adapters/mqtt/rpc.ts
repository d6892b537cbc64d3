import type { RpcFacet } from '../../core/adapter/rpc-facet.js'
import { ConnectionError } from '../../core/errors/connection.js'
import type { ErrorContext } from '../../core/errors/context.js'
import { RpcError } from '../../core/errors/rpc.js'
import type { Value } from '../../core/value.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { untilAborted } from '../abort.js'
import { noServer } from '../rpc-errors.js'
import { REASON } from './client/errors.js'
import type { CurrentConnection } from './connection-resources.js'
import { operationError, unsupported } from './errors.js'

const INVALID_REQUEST = -32_600
const NO_BYTES = new Uint8Array(0)
/** A request is rejected when its connection is lost, so a kept session must not send it again. */
const REQUEST = { qos: 1, retain: false, once: true } as const

/** Calls: a request to the topic named like the method, with a response topic (MQTT 5, section 4.10). */
export function rpcFacet(connections: CurrentConnection, format: WireFormat, now: () => number): RpcFacet {
  const failure = (reason: string, context: ErrorContext) =>
    new RpcError(INVALID_REQUEST, reason, undefined, context)
  const encode = (params: Value | undefined) => (params === undefined ? NO_BYTES : format.encode(params))
  return {
    async call(method, params, context) {
      const { session, publisher, replies } = connections()
      if (session.version === 4) throw unsupported('call over MQTT 3.1.1')
      const payload = encode(params)
      const { deadline, headers, signal } = context
      try {
        await untilAborted(replies.listen(), signal, `call ${method}`)
      } catch (error) {
        throw operationError(
          error,
          (reason, { cause }) =>
            new ConnectionError(`the broker refused the subscription to the response topic: ${reason}`, {
              cause,
              retryable: false,
              notExecuted: true,
            }),
        )
      }
      const reply = replies.expect(method, context)
      const { topic: responseTopic, correlationData } = reply
      publisher
        .send(method, payload, {
          ...REQUEST,
          responseTopic,
          correlationData,
          headers,
          deadline,
          // The broker drops a request for an absent server that would arrive after its caller has given up.
          expirySeconds: Math.max(1, Math.ceil((deadline - now()) / 1_000)),
        })
        .then(
          (reason) =>
            reason === REASON.noMatchingSubscribers && reply.fail(noServer(method, { notExecuted: true })),
          (error: unknown) => reply.fail(operationError(error, failure)),
        )
      return reply.answer
    },

    async notify(method, params, { deadline, headers }) {
      const { session, publisher } = connections()
      const given = session.version === 5 ? headers : undefined
      try {
        await publisher.send(method, encode(params), { ...REQUEST, headers: given, deadline })
      } catch (error) {
        throw operationError(error, failure)
      }
    },
  }
}
