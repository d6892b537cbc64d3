import { SequenceTable } from '../../core/sequence-table.js'
import { CONSUMER_WINDOW, type EnqueueEntry } from './line.js'
import type { Outbox } from './outbox.js'
import type { Queue, QueueConsumer, QueueMessage } from './queue.js'
import type { Queues } from './queues.js'

interface Delivery {
  readonly queue: Queue
  readonly message: QueueMessage
}

interface Registration {
  readonly queue: Queue
  readonly consumer: QueueConsumer
}

/** The queue operations of one client. */
export class QueueSession {
  readonly #queues: Queues
  readonly #out: Outbox
  readonly #consumers = new Map<number, Registration>()
  /** Unsettled deliveries of the client, including those of its closed consumers. */
  readonly #deliveries = new SequenceTable<Delivery>()
  #tags = 0

  constructor(queues: Queues, out: Outbox) {
    this.#queues = queues
    this.#out = out
  }

  enqueue(entry: EnqueueEntry, payload: Uint8Array): void {
    const { queue, headers, delayMs = 0, operation } = entry
    const result = this.#queues.enqueue(queue, payload, headers, delayMs, operation)
    if ('id' in result) this.#out.send({ op: 'enqueued', id: entry.id, message: result.id })
    else this.#out.refuse(entry.id, result.refusal, true)
  }

  /** @returns the client's protocol violation, if any */
  consume(id: number, number: number, name: string): string | undefined {
    if (this.#consumers.has(number)) return 'used the number of a consumer twice'
    if (this.#consumers.size >= this.#queues.limits.registrations) {
      this.#out.refuse(id, `limit of consumers (${this.#consumers.size}) of this connection reached`, true)
      return undefined
    }
    const queue = this.#queues.enter(name)
    if (typeof queue === 'string') {
      this.#out.refuse(id, queue, true)
      return undefined
    }
    const consumer: QueueConsumer = { demand: 0, deliver: (message) => this.#deliver(number, queue, message) }
    this.#consumers.set(number, { queue, consumer })
    this.#out.done(id)
    return undefined
  }

  /** @returns the client's protocol violation, if any */
  request(number: number, count: number): string | undefined {
    const registration = this.#consumers.get(number)
    // The consumer may have ended while the request was on its way.
    if (!registration) return undefined
    if (registration.consumer.demand + count > CONSUMER_WINDOW)
      return `requested more than ${CONSUMER_WINDOW} messages`
    registration.queue.request(registration.consumer, count)
    return undefined
  }

  /** Ends a consumer. Its deliveries may still be settled. */
  unconsume(number: number): void {
    const registration = this.#consumers.get(number)
    if (!registration) return
    this.#consumers.delete(number)
    registration.queue.leave(registration.consumer)
    this.#queues.leave(registration.queue)
  }

  ack(id: number, tag: number): void {
    this.#settle(id, tag, ({ queue, message }) => {
      if (queue.settle(message)) this.#queues.release(queue)
    })
  }

  nack(id: number, tag: number, delayMs: number): void {
    this.#settle(id, tag, ({ queue, message }) => queue.putBack([message], delayMs))
  }

  undelivered(id: number, tag: number): void {
    this.#settle(id, tag, ({ queue, message }) => queue.undelivered(message))
  }

  /**
   * Gives everything back after the client has disconnected. All its consumers leave before a message is put back, and
   * all messages are put back before one is delivered, so that their order is kept.
   */
  close(): void {
    const queues = new Map<Queue, QueueMessage[]>()
    for (const { queue, consumer } of this.#consumers.values()) {
      queue.leave(consumer)
      queues.set(queue, [])
    }
    for (const { queue, message } of this.#deliveries.values()) {
      const returned = queues.get(queue) ?? []
      queues.set(queue, returned)
      returned.push(message)
    }
    this.#deliveries.clear()
    for (const [queue, messages] of queues) queue.putBack(messages)
    for (const { queue } of this.#consumers.values()) this.#queues.leave(queue)
    this.#consumers.clear()
  }

  #deliver(number: number, queue: Queue, message: QueueMessage): void {
    const tag = ++this.#tags
    this.#deliveries.set(tag, { queue, message })
    const { id, attempt, payload, headers } = message
    this.#out.send(
      {
        op: 'delivery',
        consumer: number,
        tag,
        message: id,
        attempt,
        size: payload.byteLength,
        ...(headers && { headers }),
      },
      payload,
    )
  }

  #settle(id: number, tag: number, settle: (delivery: Delivery) => void): void {
    const delivery = this.#deliveries.take(tag)
    if (delivery === undefined) return this.#out.refuse(id, 'unknown delivery, or settled before')
    settle(delivery)
    this.#out.done(id)
  }
}
