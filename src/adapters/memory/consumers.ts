import { CONSUMER_WINDOW, type DeliveryEntry } from '../../brokers/memory/line.js'
import type { Attempt } from '../../core/adapter/attempt.js'
import type { MessageSink } from '../../core/adapter/inbound.js'
import type { AdapterConsumer, EnqueueOptions, InboundDelivery } from '../../core/adapter/queue-facet.js'
import { AckError, DequeueError, EnqueueError } from '../../core/errors/queue.js'
import { abortFailure } from '../abort.js'
import type { Connection, PendingRequest } from './connection.js'
import { fieldFault, LOCAL, period } from './fields.js'
import { tooLarge } from './subscriber.js'

interface Consumer {
  readonly number: number
  readonly queue: string
  /** Number of messages requested from the broker and not yet delivered. */
  asked: number
  /** Number of messages to request beyond that. */
  wanted: number
  readonly sink: MessageSink<InboundDelivery>
}

/** Sends to queues and consumes them over one connection. */
export class Consumers {
  readonly #connection: Connection
  readonly #largest: number
  readonly #consumers = new Map<number, Consumer>()
  /** Deliveries to closed consumers that are being returned to the broker. */
  readonly #returning = new Set<Promise<void>>()

  /** @param largest maximum size of a payload in bytes; a larger one is delivered with a defect */
  constructor(connection: Connection, largest: number) {
    this.#connection = connection
    this.#largest = largest
  }

  enqueue(queue: string, payload: Uint8Array, options: EnqueueOptions, context: Attempt): Promise<string> {
    const { headers, delayMs = 0 } = options
    const fault = fieldFault(queue, headers, payload)
    if (fault !== undefined) return Promise.reject(new EnqueueError(String(queue), fault, LOCAL))
    const operation = context.operationId
    const entry = (id: number) =>
      ({
        op: 'enqueue',
        id,
        queue,
        size: payload.byteLength,
        ...(headers && { headers }),
        ...(operation !== undefined && { operation }),
        delayMs: period(delayMs),
      }) as const
    const refusal: PendingRequest['refusal'] = (reason, context) => new EnqueueError(queue, reason, context)
    return this.#connection.request(entry, payload, `send to queue ${queue}`, refusal)
  }

  async consume(
    queue: string,
    sink: MessageSink<InboundDelivery>,
    context: Attempt,
  ): Promise<AdapterConsumer> {
    const fault = fieldFault(queue)
    if (fault !== undefined) throw new DequeueError(String(queue), fault, LOCAL)
    const consumer = this.#connection.number()
    const refusal: PendingRequest['refusal'] = (reason, context) => new DequeueError(queue, reason, context)
    const state: Consumer = { number: consumer, queue, sink, asked: 0, wanted: 0 }
    this.#consumers.set(consumer, state)
    const close = async () => {
      // Later deliveries are returned to the broker.
      if (!this.#consumers.delete(consumer)) return
      const entry = (id: number) => ({ op: 'unconsume', id, consumer }) as const
      await this.#connection.request(entry, undefined, 'end a consumer', refusal).catch(() => {})
      await Promise.all(this.#returning)
    }
    try {
      const entry = (id: number) => ({ op: 'consume', id, consumer, queue }) as const
      await this.#connection.request(entry, undefined, `consume queue ${queue}`, refusal)
    } catch (error) {
      this.#consumers.delete(consumer)
      throw error
    }
    if (context.signal.aborted) {
      await close()
      throw abortFailure(`consume queue ${queue}`, context.signal)
    }
    const request = (count: number) => {
      if (!this.#consumers.has(consumer) || !(count >= 1)) return
      state.wanted += Math.floor(count)
      this.#ask(state)
    }
    return { request, close }
  }

  deliver(entry: DeliveryEntry, payload: Uint8Array): void {
    const consumer = this.#consumers.get(entry.consumer)
    if (!consumer) return this.#giveBack(entry.tag)
    consumer.asked--
    if (consumer.wanted > 0 && consumer.asked < CONSUMER_WINDOW / 2) this.#ask(consumer)
    // Demand holds the broker back, so that the sink's return value is not needed.
    consumer.sink.deliver(this.#delivery(entry, consumer.queue, payload))
  }

  /** Stops all deliveries. */
  close(): void {
    this.#consumers.clear()
  }

  /** Requests messages up to the consumer window. */
  #ask(consumer: Consumer): void {
    const count = Math.min(consumer.wanted, CONSUMER_WINDOW - consumer.asked)
    if (count <= 0) return
    consumer.wanted -= count
    consumer.asked += count
    this.#connection.send({ op: 'request', consumer: consumer.number, count })
  }

  #giveBack(tag: number): void {
    // Without a connection the broker takes the message back anyway.
    const returned: Promise<void> = this.#settle('', (id) => ({ op: 'undelivered', id, tag }))
      .catch(() => {})
      .finally(() => this.#returning.delete(returned))
    this.#returning.add(returned)
  }

  #delivery(entry: DeliveryEntry, queue: string, payload: Uint8Array): InboundDelivery {
    const { tag, message, attempt, headers } = entry
    const size = payload.byteLength
    let settled: Promise<void> | undefined
    const settle = (make: Parameters<Connection['request']>[0]) => {
      settled ??= this.#settle(queue, make)
      return settled
    }
    return {
      topic: queue,
      payload,
      ...(headers && { headers }),
      ...(size > this.#largest && { defect: new DequeueError(queue, tooLarge(size, this.#largest)) }),
      id: message,
      attempt,
      redelivered: attempt > 1,
      ack: () => settle((id) => ({ op: 'ack', id, tag })),
      nack: (delayMs) => settle((id) => ({ op: 'nack', id, tag, delayMs: period(delayMs) })),
      undelivered: () => settle((id) => ({ op: 'undelivered', id, tag })),
    }
  }

  async #settle(queue: string, entry: Parameters<Connection['request']>[0]): Promise<void> {
    const refusal: PendingRequest['refusal'] = (reason, context) => new AckError(queue, reason, context)
    try {
      await this.#connection.request(entry, undefined, `acknowledge in queue ${queue}`, refusal)
    } catch (error) {
      if (error instanceof AckError) throw error
      // The broker redelivers the message to the next consumer.
      throw new AckError(queue, (error as Error).message, { cause: error, retryable: false })
    }
  }
}
