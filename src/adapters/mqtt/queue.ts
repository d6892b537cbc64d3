import type { QueueFacet } from '../../core/adapter.js'
import { DequeueError, EnqueueError } from '../../core/errors.js'
import { topicNameFault } from '../../core/topic-pattern.js'
import { untilAborted } from '../abort.js'
import { Refused } from './client/outgoing.js'
import { NO_SUBSCRIBERS } from './client/publisher.js'
import type { CurrentLink } from './link.js'
import type { MqttConfig } from './manifest.js'
import { MESSAGE_ID } from './queue-inbox.js'
import { uniqueId } from './unique-id.js'

/** Queues: a topic that a group of clients shares (MQTT 5, section 4.8.2), each message acknowledged after its handler. */
export function queueFacet(link: CurrentLink, config: MqttConfig): QueueFacet {
  const qos = config.qos === 2 ? 2 : 1
  return {
    async enqueue(queue, payload, options, context) {
      const failure = (reason: string, cause?: unknown) => new EnqueueError(queue, reason, { cause })
      if (options.delayMs !== undefined && options.delayMs > 0)
        throw failure('MQTT cannot deliver a message with a delay')
      const { session, publisher } = link()
      const id = uniqueId()
      const headers = session.version === 5 ? { ...options.headers, [MESSAGE_ID]: id } : options.headers
      const publication = { qos, retain: false, headers, deadline: context.deadline } as const
      const reason = await publisher.send(queue, payload, publication, failure)
      if (reason === NO_SUBSCRIBERS)
        throw new EnqueueError(queue, 'nobody consumes it, so the broker did not keep the message', {
          retryable: true,
        })
      return id
    },

    async consume(queue, sink, context) {
      const fault = topicNameFault(queue)
      if (fault !== undefined) throw new DequeueError(queue, `the name of the queue is invalid: ${fault}`)
      const { session, inbox, shared } = await untilAborted(
        link().queue(),
        context.signal,
        `consume ${queue}`,
      )
      if (!shared)
        throw new DequeueError(
          queue,
          'the broker does not deliver to shared subscriptions, which queues need',
        )
      const filter = `$share/${config.queue_group}/${queue}`
      const consumer = inbox.add(queue, sink)
      try {
        await untilAborted(session.subscribe(filter, 1, undefined), context.signal, `consume ${queue}`)
      } catch (error) {
        if (consumer.remove() && context.signal.aborted) void session.unsubscribe(filter)
        if (error instanceof Refused) throw new DequeueError(queue, error.message, { cause: error })
        throw error
      }
      let closed = false
      return {
        request: consumer.request,
        async close() {
          if (closed) return
          closed = true
          if (consumer.remove()) await session.unsubscribe(filter)
        },
      }
    },
  }
}
