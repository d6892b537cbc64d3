import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import type { QueueFacet } from '../../core/adapter/queue-facet.js'
import { sleep } from '../../core/clock.js'
import type { ErrorContext } from '../../core/errors/context.js'
import { IntegrationError } from '../../core/errors/integration-error.js'
import { UnsupportedError } from '../../core/errors/operation.js'
import { DequeueError, EnqueueError } from '../../core/errors/queue.js'
import type { Headers } from '../../core/value.js'
import { untilAborted } from '../abort.js'
import { messageName } from './arrival.js'
import { Bindings, type ConsumerBinding } from './bindings.js'
import { encodeHeaders } from './client/headers.js'
import { JetStream, JetStreamApiError } from './client/jetstream.js'
import { NoResponders, newInbox } from './client/requests.js'
import { checkSize, NEVER_SENT } from './client/sizes.js'
import type { ConnectionSet, CurrentConnections } from './connection-set.js'
import { deliveryLimit } from './delivery-limit.js'
import type { NatsConfig } from './manifest.js'
import { MESSAGE_ID, messageId } from './message-id.js'
import { PullConsumer, type PullConsumerOptions } from './pull-consumer.js'
import { RecentSet } from './recent-set.js'
import { settleRemoved } from './removed-messages.js'
import { reportServerDeadLetters } from './server-dead-letters.js'
import type { Subjects } from './subjects.js'
import type { UndeliveredCounts } from './undelivered-counts.js'

/** What the facet needs. */
export interface QueueDependencies {
  readonly connections: CurrentConnections
  readonly config: NatsConfig
  readonly subjects: Subjects
  readonly counts: UndeliveredCounts
  readonly context: AdapterContext
}

/** JetStream on one set of connections. */
interface Store {
  readonly jetStream: JetStream
  readonly bindings: Bindings
  /** Consumers whose reports are received, with the function that ends it. */
  readonly followed: Map<string, () => void>
}

/**
 * Pauses before each attempt to publish to a stream, in milliseconds. A newly created stream is not reachable
 * everywhere at once.
 */
const BINDING_PAUSES_MS = [0, 0, 10, 50, 200, 500]
const MOST_OVERSIZE = 10_000
const MOST_FOLLOWED = 64

type Failure = (reason: string, context: ErrorContext) => IntegrationError

/** Queues: subjects of JetStream streams, each with one durable pull consumer that all receivers share. */
export function queueFacet(dependencies: QueueDependencies): QueueFacet {
  const { connections, config, subjects, counts, context: adapterContext } = dependencies
  const { clock, random, log, settings } = adapterContext
  const { timeoutMs } = settings
  /** Ids of oversize messages that were reported, so that each is reported once. */
  const oversize = new RecentSet(MOST_OVERSIZE)
  const stores = new WeakMap<ConnectionSet, Store>()

  const storeOf = (current: ConnectionSet, operation: string): Store => {
    if (!config.jetstream)
      throw new UnsupportedError(`${operation} over NATS with jetstream = false`, NEVER_SENT)
    if (!current.main.info.jetstream)
      throw new UnsupportedError(`${operation} over a NATS server without JetStream`, NEVER_SENT)
    const known = stores.get(current)
    if (known !== undefined) return known
    const jetStream = new JetStream(current.requests, config.domain)
    const bindings = new Bindings(jetStream, config, current.main.info.version)
    const store = { jetStream, bindings, followed: new Map<string, () => void>() }
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
    // If the stream was deleted, forget it and look it up again.
    for (const pauseMs of BINDING_PAUSES_MS) {
      if (pauseMs > 0) {
        if (clock.monotonic() + pauseMs >= deadline) break
        await sleep(clock, pauseMs)
      }
      await bindings.stream(queue, subject, deadline)
      const stored = await jetStream.publish(`send to queue ${queue}`, request, deadline, failure)
      if (stored !== undefined) return messageName(stored.stream, stored.sequence)
      bindings.forget(subject)
    }
    throw failure('the stream of the queue does not answer', { retryable: true, notExecuted: true })
  }

  /** Receives the reports of other processes and of the server about a consumer, until the connection ends. */
  const follow = (current: ConnectionSet, queue: string, binding: ConsumerBinding) => {
    const { followed, jetStream } = storeOf(current, 'receive')
    const consumer = `${binding.stream}.${binding.consumer}`
    if (followed.has(consumer)) return
    const { main } = current
    const ends = [counts.follow(consumer, main)]
    if (binding.maxDeliver !== -1)
      ends.push(reportServerDeadLetters(queue, binding, main, jetStream, adapterContext))
    followed.set(consumer, () => {
      for (const end of ends) end()
    })
    if (followed.size <= MOST_FOLLOWED) return
    const [oldest, unfollow] = followed.entries().next().value!
    followed.delete(oldest)
    unfollow()
  }

  const optionsOf = (
    queue: string,
    subject: string,
    { main, requests, consumers }: ConnectionSet,
    { jetStream, bindings }: Store,
  ): PullConsumerOptions => {
    const failure: Failure = (reason, context) => new DequeueError(queue, reason, context)
    const { extend } = config.consumer
    const deadline = () => clock.monotonic() + timeoutMs
    return {
      queue,
      connection: main,
      clock,
      budget: adapterContext.budget,
      locals: consumers,
      inbox: newInbox(config.inbox_prefix, random),
      prefetch: config.prefetch,
      extend,
      settling: {
        connection: main,
        counts,
        oversize,
        confirm: (to, how) =>
          requests.send(`settle a message of queue ${queue}`, { subject: to, payload: how }, deadline()),
        republish: async ({ subject, payload, headers, stream, sequence, delivered }) => {
          const id = { [MESSAGE_ID]: `again:${messageName(stream, sequence)}:${delivered}` }
          const request = { subject, headers: encodeHeaders({ ...headers, ...id }), payload }
          const stored = await jetStream.publish(`give back to queue ${queue}`, request, deadline(), failure)
          if (stored === undefined)
            throw failure('the stream of the queue does not answer', { retryable: true })
        },
      },
      pullSubject: ({ stream, consumer }) => jetStream.subject(`CONSUMER.MSG.NEXT.${stream}.${consumer}`),
      bind: async () => {
        bindings.forget(subject)
        try {
          return await bindings.consumer(queue, subject, deadline())
        } catch (error) {
          throw translated(error, failure)
        }
      },
      purge: ({ stream, consumer }) =>
        jetStream.call(`CONSUMER.INFO.${stream}.${consumer}`, undefined, deadline()),
      settleRemoved: (binding) => settleRemoved(binding, jetStream, main, deadline()),
      limit: deliveryLimit(queue, config.consumer),
      warn: (reason) => log({ level: 'warn', message: `queue ${queue} cannot be read for now: ${reason}` }),
    }
  }

  return {
    async enqueue(queue, payload, options, context) {
      if (options.delayMs !== undefined && options.delayMs > 0)
        throw new UnsupportedError('send with a delay over NATS', NEVER_SENT)
      const failure: Failure = (reason, context) => new EnqueueError(queue, reason, context)
      try {
        const headers = { ...options.headers, ...messageId(options.headers, context, adapterContext) }
        return await enqueue(queue, payload, headers, context.deadline, failure)
      } catch (error) {
        throw translated(error, failure)
      }
    },

    async consume(queue, sink, context) {
      const failure: Failure = (reason, context) => new DequeueError(queue, reason, context)
      try {
        const current = connections()
        const store = storeOf(current, 'receive')
        const subject = subjects.subject(queue)
        const operation = `consume ${queue}`
        const { signal } = context
        const binding = await untilAborted(
          store.bindings.consumer(queue, subject, context.deadline),
          signal,
          operation,
        )
        if (current.ended.aborted) throw current.ended.reason
        follow(current, queue, binding)
        const consumer = new PullConsumer(optionsOf(queue, subject, current, store), binding, sink)
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

/** Converts an internal error into the error of an operation. */
function translated(error: unknown, failure: Failure): IntegrationError {
  if (error instanceof IntegrationError) return error
  if (error instanceof NoResponders)
    return failure('JetStream does not answer', { retryable: true, notExecuted: true, cause: error })
  const { message } = error as Error
  if (error instanceof JetStreamApiError)
    return failure(message, { retryable: error.status === 503, notExecuted: true, cause: error })
  return failure(message, { cause: error, ...NEVER_SENT })
}
