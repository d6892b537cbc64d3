import type { RpcOutcome } from '../../core/adapter/rpc-facet.js'
import type { InboundRequest, ServiceFacet } from '../../core/adapter/service-facet.js'
import type { ErrorContext } from '../../core/errors/context.js'
import { PublishError, SubscribeError } from '../../core/errors/pubsub.js'
import { RpcError } from '../../core/errors/rpc.js'
import type { Logger } from '../../core/telemetry.js'
import type { Headers, Value } from '../../core/value.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { untilAborted } from '../abort.js'
import type { PublishPacket } from './client/publish-decoder.js'
import { topicFault } from './client/topic-cache.js'
import type { ConnectionResources, CurrentConnection } from './connection-resources.js'
import { operationError } from './errors.js'
import { toRequestMessage } from './message.js'
import { ERROR_PROPERTY, errorProperty } from './rpc-errors.js'
import { subscribeSink } from './subscriber.js'

const PARSE_ERROR = -32_700
const NO_BYTES = new Uint8Array(0)
/** Deadline for sending an answer, in milliseconds. */
const ANSWER_MS = 60_000

/**
 * Serves methods: subscribes to the topic named like the method, shared among the servers of a group if the broker
 * announces shared subscriptions (MQTT 5). In MQTT 3.1.1 each server receives every request as a notification, because
 * there are no response topics.
 */
export function serviceFacet(
  connections: CurrentConnection,
  format: WireFormat,
  group: string,
  now: () => number,
  log: Logger,
): ServiceFacet {
  function answerer(current: ConnectionResources, packet: PublishPacket): InboundRequest['answer'] {
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
        // Send the error to the caller, so that it does not wait for its time-out.
        await sendError(error as Error)
        throw error
      }
      await send(payload)
    }
  }

  function toRequest(
    current: ConnectionResources,
    packet: PublishPacket,
    taken: (() => void) | undefined,
  ): InboundRequest | undefined {
    // Acknowledge a request on receipt: redelivery after a crash would execute it twice. A kept session ignores a
    // redelivery because of a lost acknowledgement (see `RecentMessages`).
    taken?.()
    const answer = answerer(current, packet)
    let params: Value | undefined
    try {
      params = packet.payload.length === 0 ? undefined : format.decode(packet.payload)
    } catch {
      const error = new RpcError(PARSE_ERROR, `the request is not ${format.name}`)
      answer({ ok: false, error }).catch((cause: Error) =>
        log({ level: 'warn', message: 'cannot answer a request', reason: cause.message }),
      )
      return undefined
    }
    return { ...toRequestMessage(packet), params, answer }
  }

  return {
    async serve(method, sink, context) {
      const fault = topicFault(method)
      if (fault !== undefined)
        throw new SubscribeError(method, `the method name must be a valid topic: ${fault}`, {
          notExecuted: true,
          fault: 'local',
        })
      const current = connections()
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
