import { CONSUMER_WINDOW, type DeliveryEntry } from '../../brokers/memory/line.js'
import type {
  AdapterConsumer,
  Attempt,
  EnqueueOptions,
  InboundDelivery,
  MessageSink,
} from '../../core/adapter.js'
import { AckError, CancelledError, DequeueError, EnqueueError } from '../../core/errors.js'
import { areHeaders, period } from './fields.js'
import type { Link } from './link.js'

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
  readonly #consumers = new Map<number, Consumer>()

  constructor(link: Link) {
    this.#link = link
  }

  enqueue(queue: string, payload: Uint8Array, options: EnqueueOptions): Promise<string> {
    const refusal = (reason: string, retryable: boolean) => new EnqueueError(queue, reason, { retryable })
    const { headers, delayMs = 0 } = options
    if (!areHeaders(headers)) return Promise.reject(new EnqueueError(queue, 'expected headers of text'))
    const entry = (id: number) =>
      ({
        op: 'enqueue',
        id,
        queue,
        size: payload.byteLength,
        ...(headers && { headers }),
        delayMs: period(delayMs),
      }) as const
    return this.#link.request(entry, payload, `send to queue ${queue}`, refusal)
  }

  async consume(
    queue: string,
    sink: MessageSink<InboundDelivery>,
    context: Attempt,
  ): Promise<AdapterConsumer> {
    const consumer = this.#link.number()
    const refusal = (reason: string, retryable: boolean) => new DequeueError(queue, reason, { retryable })
    const state: Consumer = { number: consumer, queue, sink, asked: 0, wanted: 0 }
    this.#consumers.set(consumer, state)
    const close = async () => {
      // What arrives from now on is dropped here: the broker takes back whatever this consumer has.
      if (!this.#consumers.delete(consumer)) return
      const entry = (id: number) => ({ op: 'unconsume', id, consumer }) as const
      await this.#link.request(entry, undefined, 'end a consumer', refusal).catch(() => {})
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
    if (!consumer) return
    consumer.asked--
    if (consumer.wanted > 0 && consumer.asked < CONSUMER_WINDOW / 2) this.#ask(consumer)
    // Demand is what holds the broker back: the answer of the sink adds nothing to it.
    consumer.sink.deliver(this.#delivery(entry, consumer.queue, payload))
  }

  /** No sink hears anything more. */
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

  #delivery(entry: DeliveryEntry, queue: string, payload: Uint8Array): InboundDelivery {
    const { tag, message, attempt, headers } = entry
    let settled: Promise<void> | undefined
    return {
      topic: queue,
      payload,
      ...(headers && { headers }),
      id: message,
      attempt,
      redelivered: attempt > 1,
      ack: () => {
        settled ??= this.#settle(queue, (id) => ({ op: 'ack', id, tag }))
        return settled
      },
      nack: (delayMs) => {
        settled ??= this.#settle(queue, (id) => ({ op: 'nack', id, tag, delayMs: period(delayMs) }))
        return settled
      },
    }
  }

  async #settle(queue: string, entry: Parameters<Link['request']>[0]): Promise<void> {
    const refusal = (reason: string, retryable: boolean) => new AckError(queue, reason, { retryable })
    try {
      await this.#link.request(entry, undefined, `acknowledge in queue ${queue}`, refusal)
    } catch (error) {
      if (error instanceof AckError) throw error
      // The message is delivered again, to whoever consumes the queue next.
      throw new AckError(queue, (error as Error).message, { cause: error, retryable: false })
    }
  }
}
