import type { InboundRequest, RpcOutcome, ServiceFacet } from '../../core/adapter.js'
import { type ErrorContext, PublishError, RpcError, SubscribeError } from '../../core/errors.js'
import type { Logger } from '../../core/telemetry.js'
import type { Headers, Value } from '../../core/value.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { untilAborted } from '../abort.js'
import type { PublishPacket } from './client/publish-decoder.js'
import { topicFault } from './client/topic-cache.js'
import { operationError } from './errors.js'
import type { CurrentLink, Link } from './link.js'
import { toMessage } from './message.js'
import { ERROR_PROPERTY, errorProperty } from './rpc-errors.js'
import { subscribeSink } from './subscriber.js'

const PARSE_ERROR = -32_700
const NO_BYTES = new Uint8Array(0)
/** An answer is worth sending for this long, in milliseconds. */
const ANSWER_MS = 60_000

/**
 * Serves methods: subscribes to the topic that is named like the method. All servers of one group share its
 * requests, where the broker has shared subscriptions for certain; MQTT 3.1.1 cannot say, so there each
 * server gets every request, and all are notifications because there are no response topics.
 */
export function serviceFacet(
  link: CurrentLink,
  format: WireFormat,
  group: string,
  now: () => number,
  log: Logger,
): ServiceFacet {
  function answerer(current: Link, packet: PublishPacket): InboundRequest['answer'] {
    const { responseTopic, correlationData } = packet.properties
    let answered = responseTopic === undefined
    const send = async (payload: Uint8Array, headers?: Headers) => {
      const deadline = now() + ANSWER_MS
      try {
        await current.publisher.send(responseTopic!, payload, {
          qos: 1,
          retain: false,
          headers,
          correlationData,
          deadline,
        })
      } catch (error) {
        throw operationError(error, (reason, context) => new PublishError(responseTopic!, reason, context))
      }
    }
    const sendError = (error: Error) => send(NO_BYTES, { [ERROR_PROPERTY]: errorProperty(error) })
    return async (outcome: RpcOutcome) => {
      if (answered) return
      answered = true
      if (!outcome.ok) {
        await sendError(outcome.error)
        return
      }
      let payload: Uint8Array
      try {
        payload = format.encode(outcome.value)
      } catch (error) {
        // The caller gets the error instead of waiting for an answer that cannot come.
        await sendError(error as Error)
        throw error
      }
      await send(payload)
    }
  }

  function toRequest(
    current: Link,
    packet: PublishPacket,
    taken: (() => void) | undefined,
  ): InboundRequest | undefined {
    // A request is acknowledged on receipt: delivered again after a crash, it would be carried out twice.
    taken?.()
    const answer = answerer(current, packet)
    let params: Value | undefined
    try {
      params = packet.payload.length === 0 ? undefined : format.decode(packet.payload)
    } catch {
      const error = new RpcError(PARSE_ERROR, `the request is not ${format.name}`)
      answer({ ok: false, error }).catch((cause: Error) =>
        log({ level: 'warn', message: 'a request could not be answered', reason: cause.message }),
      )
      return undefined
    }
    return { ...toMessage(packet, undefined), params, answer }
  }

  return {
    async serve(method, sink, context) {
      const fault = topicFault(method)
      if (fault !== undefined)
        throw new SubscribeError(method, `the method is not a topic: ${fault}`, {
          notExecuted: true,
          fault: 'local',
        })
      const current = link()
      const { version, connack } = current.session
      const shared = version === 5 && connack.sharedSubscriptionsAvailable
      const subscription = {
        filter: shared ? `$share/${group}-serve/${method}` : method,
        qos: 1 as const,
        toMessage: (packet: PublishPacket, taken: (() => void) | undefined) =>
          toRequest(current, packet, taken),
        failure: (reason: string, context: ErrorContext) => new SubscribeError(method, reason, context),
      }
      const { signal } = context
      const server = await untilAborted(current.server(), signal, `serve ${method}`)
      return subscribeSink(server, subscription, sink, signal)
    },
  }
}
