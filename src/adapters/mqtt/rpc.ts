import type { RpcFacet } from '../../core/adapter.js'
import { ConnectionError, RpcError, UnsupportedError } from '../../core/errors.js'
import type { Value } from '../../core/value.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { untilAborted } from '../abort.js'
import { Refused } from './client/outgoing.js'
import { NO_SUBSCRIBERS } from './client/publisher.js'
import type { CurrentLink } from './link.js'
import { noServer } from './replies.js'

const INVALID_REQUEST = -32_600
const NO_BYTES = new Uint8Array(0)

/** Calls: a request goes to the topic that is named like the method, with a response topic (MQTT 5, section 4.10). */
export function rpcFacet(link: CurrentLink, format: WireFormat): RpcFacet {
  const failure = (reason: string, cause: unknown) =>
    new RpcError(INVALID_REQUEST, reason, undefined, { cause })
  const encode = (params: Value | undefined) => (params === undefined ? NO_BYTES : format.encode(params))
  return {
    async call(method, params, context) {
      const { session, publisher, replies } = link()
      if (session.version === 4) throw new UnsupportedError('call over MQTT 3.1.1')
      const payload = encode(params)
      try {
        await untilAborted(replies.listen(), context.signal, `call ${method}`)
      } catch (error) {
        if (error instanceof Refused)
          throw new ConnectionError(`the broker refuses the response topic: ${error.message}`, {
            cause: error,
            retryable: false,
          })
        throw error
      }
      const reply = replies.expect(method, context)
      const { topic: responseTopic, correlationData } = reply
      const { deadline } = context
      publisher
        .send(method, payload, { qos: 1, retain: false, responseTopic, correlationData, deadline }, failure)
        .then((reason) => reason === NO_SUBSCRIBERS && reply.fail(noServer(method)), reply.fail)
      return reply.answer
    },

    async notify(method, params, context) {
      const { deadline } = context
      await link().publisher.send(method, encode(params), { qos: 1, retain: false, deadline }, failure)
    },
  }
}
