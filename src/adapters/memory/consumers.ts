import type { DeliveryEntry } from '../../brokers/memory/line.js'
import type {
  AdapterConsumer,
  EnqueueOptions,
  InboundDelivery,
  MessageSink,
  OperationContext,
} from '../../core/adapter.js'
import { AckError, CancelledError, DequeueError, EnqueueError } from '../../core/errors.js'
import type { Link } from './link.js'

interface Consumer {
  readonly queue: string
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
    const { headers, delayMs } = options
    const entry = (id: number) =>
      ({
        op: 'enqueue',
        id,
        queue,
        size: payload.byteLength,
        ...(headers && { headers }),
        ...(delayMs && { delayMs }),
      }) as const
    return this.#link.request(entry, payload, `send to queue ${queue}`, refusal)
  }

  async consume(
    queue: string,
    sink: MessageSink<InboundDelivery>,
    context: OperationContext,
  ): Promise<AdapterConsumer> {
    const consumer = this.#link.number()
    const refusal = (reason: string, retryable: boolean) => new DequeueError(queue, reason, { retryable })
    this.#consumers.set(consumer, { queue, sink })
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
      if (this.#consumers.has(consumer)) this.#link.send({ op: 'request', consumer, count })
    }
    return { request, close }
  }

  deliver(entry: DeliveryEntry, payload: Uint8Array): void {
    const consumer = this.#consumers.get(entry.consumer)
    // Demand is what holds the broker back: the answer of the sink adds nothing to it.
    consumer?.sink.deliver(this.#delivery(entry, consumer.queue, payload))
  }

  /** No sink hears anything more. */
  close(): void {
    this.#consumers.clear()
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
        settled ??= this.#settle(queue, (id) => ({ op: 'nack', id, tag, delayMs: Math.max(0, delayMs) }))
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
