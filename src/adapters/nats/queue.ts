import type { QueueFacet } from '../../core/adapter.js'
import type { Clock } from '../../core/clock.js'
import { DequeueError, EnqueueError, IntegrationError, UnsupportedError } from '../../core/errors.js'
import type { Logger } from '../../core/telemetry.js'
import type { Headers } from '../../core/value.js'
import { untilAborted } from '../abort.js'
import { Bindings } from './bindings.js'
import { encodeHeaders } from './client/headers.js'
import { JetStream, JetStreamApiError } from './client/jetstream.js'
import { NoResponders, newInbox } from './client/requests.js'
import { checkSize } from './client/sizes.js'
import type { ConnectionSet, CurrentConnections } from './connection-set.js'
import { deadLetters } from './dead-letters.js'
import { messageName } from './delivery.js'
import type { NatsConfig } from './manifest.js'
import { messageId } from './message-id.js'
import { PullConsumer, type PullConsumerOptions } from './pull-consumer.js'
import type { Subjects } from './subjects.js'

/** What the facet works with. */
export interface QueueParts {
  readonly connections: CurrentConnections
  readonly config: NatsConfig
  readonly subjects: Subjects
  /** For one settlement or one binding, in milliseconds. */
  readonly timeoutMs: number
  readonly clock: Clock
  readonly log: Logger
}

/** JetStream on the present connections. */
interface Store {
  readonly jetStream: JetStream
  readonly bindings: Bindings
}

type Failure = (reason: string, context: { retryable?: boolean; cause?: unknown }) => IntegrationError

/** Queues: the subjects of JetStream streams, each with one durable pull consumer that all receivers share. */
export function queueFacet(parts: QueueParts): QueueFacet {
  const { connections, config, subjects, timeoutMs, clock, log } = parts
  const stores = new WeakMap<ConnectionSet, Store>()

  const storeOf = (current: ConnectionSet, operation: string): Store => {
    if (!config.jetstream) throw new UnsupportedError(`${operation} over NATS with jetstream = false`)
    if (!current.main.info.jetstream)
      throw new UnsupportedError(`${operation} over a NATS server without JetStream`)
    const known = stores.get(current)
    if (known !== undefined) return known
    const jetStream = new JetStream(current.requests, config.domain)
    const store = { jetStream, bindings: new Bindings(jetStream, config, current.main.info.version) }
    stores.set(current, store)
    return store
  }

  const enqueue = async (
    queue: string,
    payload: Uint8Array,
    headers: Headers,
    deadline: number,
    failure: Failure,
  ): Promise<string> => {
    const current = connections()
    const { jetStream, bindings } = storeOf(current, 'send')
    const subject = subjects.subject(queue)
    const encoded = encodeHeaders(headers)
    checkSize(current.main, encoded, payload)
    const request = { subject, headers: encoded, payload }
    // The stream may have been deleted since it was bound: then it is bound again, once.
    for (let attempt = 1; attempt <= 2; attempt++) {
      await bindings.stream(queue, subject, deadline)
      const stored = await jetStream.publish(`send to queue ${queue}`, request, deadline, failure)
      if (stored !== undefined) return messageName(stored.stream, stored.sequence)
      bindings.forget(subject)
    }
    throw failure('its stream does not answer', { retryable: true })
  }

  return {
    async enqueue(queue, payload, options, context) {
      if (options.delayMs !== undefined && options.delayMs > 0)
        throw new UnsupportedError('send with a delay over NATS')
      const failure: Failure = (reason, context) => new EnqueueError(queue, reason, context)
      try {
        const headers = { ...options.headers, ...messageId(options.headers, context) }
        return await enqueue(queue, payload, headers, context.deadline, failure)
      } catch (error) {
        throw translated(error, failure)
      }
    },

    async consume(queue, sink, context) {
      const failure: Failure = (reason, context) => new DequeueError(queue, reason, context)
      const { max_deliver, dead_letter } = config.consumer
      try {
        const current = connections()
        const { jetStream, bindings } = storeOf(current, 'receive')
        const { main, requests, ended } = current
        const subject = subjects.subject(queue)
        const operation = `consume ${queue}`
        const options: PullConsumerOptions = {
          queue,
          connection: main,
          clock,
          inbox: newInbox(config.inbox_prefix),
          prefetch: config.prefetch,
          extend: config.consumer.extend,
          settling: {
            connection: main,
            confirm: (to, how) =>
              requests.send(
                `settle a message of queue ${queue}`,
                { subject: to, payload: how },
                clock.monotonic() + timeoutMs,
              ),
          },
          pullSubject: ({ stream, consumer }) => jetStream.subject(`CONSUMER.MSG.NEXT.${stream}.${consumer}`),
          bind: async () => {
            bindings.forget(subject)
            try {
              return await bindings.consumer(queue, subject, clock.monotonic() + timeoutMs)
            } catch (error) {
              throw translated(error, failure)
            }
          },
          setAside:
            dead_letter === undefined || max_deliver === -1
              ? () => false
              : deadLetters(queue, {
                  into: dead_letter,
                  maxDeliver: max_deliver,
                  timeoutMs,
                  clock,
                  log,
                  enqueue: (into, payload, headers, deadline) =>
                    enqueue(
                      into,
                      payload,
                      headers,
                      deadline,
                      (reason, given) => new EnqueueError(into, reason, given),
                    ),
                }),
        }
        const { signal } = context
        const binding = await untilAborted(
          bindings.consumer(queue, subject, context.deadline),
          signal,
          operation,
        )
        const consumer = new PullConsumer(options, binding, sink)
        ended.addEventListener('abort', () => consumer.abandon(), { once: true })
        try {
          await untilAborted(consumer.open(), signal, operation)
        } catch (error) {
          void consumer.close()
          throw error
        }
        return consumer
      } catch (error) {
        throw translated(error, failure)
      }
    },
  }
}

/** The error of an operation for what went wrong within. */
function translated(error: unknown, failure: Failure): IntegrationError {
  if (error instanceof IntegrationError) return error
  if (error instanceof NoResponders)
    return failure('JetStream does not answer', { retryable: true, cause: error })
  const { message } = error as Error
  const retryable = error instanceof JetStreamApiError && error.status === 503
  return failure(message, { retryable, cause: error })
}
