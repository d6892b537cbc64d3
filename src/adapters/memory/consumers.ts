import { CONSUMER_WINDOW, type DeliveryEntry } from '../../brokers/memory/line.js'
import type {
  AdapterConsumer,
  Attempt,
  EnqueueOptions,
  InboundDelivery,
  MessageSink,
} from '../../core/adapter.js'
import { AckError, CancelledError, DequeueError, EnqueueError } from '../../core/errors.js'
import { fieldFault, LOCAL, period } from './fields.js'
import type { Link, Waiting } from './link.js'
import { tooLarge } from './subscriber.js'

interface Consumer {
  readonly number: number
  readonly queue: string
  /** Messages that the broker has been asked for and has not delivered. */
  asked: number
  /** What is wanted beyond that. */
  wanted: number
  readonly sink: MessageSink<InboundDelivery>
}

/** Sending to queues and consuming them over one link. */
export class Consumers {
  readonly #link: Link
  readonly #largest: number
  readonly #consumers = new Map<number, Consumer>()
  /** Deliveries to closed consumers, on their way back. */
  readonly #returning = new Set<Promise<void>>()

  /** @param largest bytes of a payload; what is larger is delivered with a defect. */
  constructor(link: Link, largest: number) {
    this.#link = link
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
    const refusal: Waiting['refusal'] = (reason, context) => new EnqueueError(queue, reason, context)
    return this.#link.request(entry, payload, `send to queue ${queue}`, refusal)
  }

  async consume(
    queue: string,
    sink: MessageSink<InboundDelivery>,
    context: Attempt,
  ): Promise<AdapterConsumer> {
    const fault = fieldFault(queue)
    if (fault !== undefined) throw new DequeueError(String(queue), fault, LOCAL)
    const consumer = this.#link.number()
    const refusal: Waiting['refusal'] = (reason, context) => new DequeueError(queue, reason, context)
    const state: Consumer = { number: consumer, queue, sink, asked: 0, wanted: 0 }
    this.#consumers.set(consumer, state)
    const close = async () => {
      // What arrives from now on goes back to the broker unseen.
      if (!this.#consumers.delete(consumer)) return
      const entry = (id: number) => ({ op: 'unconsume', id, consumer }) as const
      await this.#link.request(entry, undefined, 'end a consumer', refusal).catch(() => {})
      await Promise.all(this.#returning)
    }
    try {
      const entry = (id: number) => ({ op: 'consume', id, consumer, queue }) as const
      await this.#link.request(entry, undefined, `consume queue ${queue}`, refusal)
    } catch (error) {
      this.#consumers.delete(consumer)
      throw error
    }
    if (context.signal.aborted) {
      await close()
      throw new CancelledError({ cause: context.signal.reason })
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
    // Demand is what holds the broker back: the answer of the sink adds nothing to it.
    consumer.sink.deliver(this.#delivery(entry, consumer.queue, payload))
  }

  /** No sink receives anything more. */
  close(): void {
    this.#consumers.clear()
  }

  /** Asks for what is wanted, as far as the line lets it at a time. */
  #ask(consumer: Consumer): void {
    const count = Math.min(consumer.wanted, CONSUMER_WINDOW - consumer.asked)
    if (count <= 0) return
    consumer.wanted -= count
    consumer.asked += count
    this.#link.send({ op: 'request', consumer: consumer.number, count })
  }

  #giveBack(tag: number): void {
    // Without a line the broker takes it back anyway.
    const returned: Promise<void> = this.#settle('', (id) => ({ op: 'undelivered', id, tag }))
      .catch(() => {})
      .finally(() => this.#returning.delete(returned))
    this.#returning.add(returned)
  }

  #delivery(entry: DeliveryEntry, queue: string, payload: Uint8Array): InboundDelivery {
    const { tag, message, attempt, headers } = entry
    const size = payload.byteLength
    let settled: Promise<void> | undefined
    const settle = (make: Parameters<Link['request']>[0]) => {
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

  async #settle(queue: string, entry: Parameters<Link['request']>[0]): Promise<void> {
    const refusal: Waiting['refusal'] = (reason, context) => new AckError(queue, reason, context)
    try {
      await this.#link.request(entry, undefined, `acknowledge in queue ${queue}`, refusal)
    } catch (error) {
      if (error instanceof AckError) throw error
      // The message is delivered again, to the next consumer of the queue.
      throw new AckError(queue, (error as Error).message, { cause: error, retryable: false })
    }
  }
}
