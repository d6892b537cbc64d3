import type { QueueFacet } from '../../core/adapter/queue-facet.js'
import { UnsupportedError } from '../../core/errors/operation.js'
import { DequeueError, EnqueueError } from '../../core/errors/queue.js'
import type { Random } from '../../core/random.js'
import { untilAborted } from '../abort.js'
import { REASON } from './client/errors.js'
import { topicFault } from './client/topic-cache.js'
import { type CurrentConnection, hasProperties } from './connection-resources.js'
import { connectionError, operationError, unsupported } from './errors.js'
import type { MqttConfig } from './manifest.js'
import { MESSAGE_ID } from './queue-delivery.js'
import type { QueueMembers } from './queue-members.js'

/**
 * Queues: a topic shared by a group of clients (MQTT 5, section 4.8.2). Each message is acknowledged after its handler.
 */
export function queueFacet(connections: CurrentConnection, config: MqttConfig, random: Random): QueueFacet {
  const qos = config.qos === 2 ? 2 : 1
  return {
    get carriesHeaders() {
      return hasProperties(connections)
    },

    async enqueue(queue, payload, options, context) {
      if (options.delayMs !== undefined && options.delayMs > 0)
        throw new UnsupportedError('send with a delay over MQTT', LOCAL)
      const { deadline, operationId } = context
      const { session, publisher, queues } = connections()
      await isPossible(queues, 'send to a queue')
      const id = operationId ?? random.uuid()
      const headers = session.version === 5 ? { ...options.headers, [MESSAGE_ID]: id } : options.headers
      const limit = Math.min(qos, Math.max(1, session.connack.maximumQos)) as 1 | 2
      const { contentType } = options
      const publication = { qos: limit, retain: false, headers, contentType, deadline, operationId }
      let reason: number
      try {
        reason = await publisher.send(queue, payload, publication)
      } catch (error) {
        throw operationError(error, (text, context) => new EnqueueError(queue, text, context))
      }
      if (reason === REASON.noMatchingSubscribers)
        throw new EnqueueError(
          queue,
          'no client consumes the queue, so the broker did not keep the message',
          {
            retryable: true,
            notExecuted: true,
          },
        )
      return id
    },

    async consume(queue, sink, { signal }) {
      const failure = (reason: string, context: object = {}) => new DequeueError(queue, reason, context)
      const fault = topicFault(queue)
      if (fault !== undefined) throw failure(`the queue name is invalid: ${fault}`, LOCAL)
      const { queues } = connections()
      const opening = (async () => {
        await isPossible(queues, 'consume a queue')
        const member = await queues.open(queue)
        return member.consume(sink)
      })()
      try {
        return await untilAborted(opening, signal, `consume ${queue}`)
      } catch (error) {
        // The caller has stopped waiting: close the consumer when it opens.
        if (signal.aborted)
          opening.then(
            (consumer) => consumer.close(),
            () => {},
          )
        throw operationError(error, failure)
      }
    },
  }
}

/** @throws UnsupportedError if the broker has no shared subscriptions: it would accept messages and lose them */
async function isPossible(queues: QueueMembers, operation: string): Promise<void> {
  let isShared: boolean
  try {
    isShared = await queues.areThere()
  } catch (error) {
    throw connectionError(error)
  }
  if (!isShared) throw unsupported(`${operation} on a broker without shared subscriptions`)
}

const LOCAL = { notExecuted: true, fault: 'local' } as const
