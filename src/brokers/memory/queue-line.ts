import { SequenceTable } from '../../core/sequence-table.js'
import { CONSUMER_WINDOW, type EnqueueEntry } from './line.js'
import type { Outbox } from './outbox.js'
import type { Queue, QueueMessage, Taker } from './queue.js'
import type { Queues } from './queues.js'

/** How many tags of closed consumers are remembered, so that what they had can still be acknowledged. */
const LATE_TAGS = 10_000

interface Delivery {
  readonly queue: Queue
  readonly message: QueueMessage
}

interface Consumer {
  readonly queue: Queue
  readonly taker: Taker
  readonly tags: Set<number>
}

/** Sending and receiving of one line. */
export class QueueLine {
  readonly #queues: Queues
  readonly #out: Outbox
  readonly #consumers = new Map<number, Consumer>()
  readonly #deliveries = new SequenceTable<Delivery & { readonly consumer: Consumer }>()
  readonly #late = new Map<number, Delivery>()
  #tags = 0

  constructor(queues: Queues, out: Outbox) {
    this.#queues = queues
    this.#out = out
  }

  enqueue(entry: EnqueueEntry, payload: Uint8Array): void {
    const result = this.#queues.enqueue(entry.queue, payload, entry.headers, entry.delayMs ?? 0)
    if ('id' in result) this.#out.send({ op: 'enqueued', id: entry.id, message: result.id })
    else this.#out.refuse(entry.id, result.refusal, true)
  }

  /** @returns what the client did wrong. */
  consume(id: number, number: number, name: string): string | undefined {
    if (this.#consumers.has(number)) return 'used the number of a consumer twice'
    if (this.#consumers.size >= this.#queues.limits.registrations) {
      this.#out.refuse(id, `the line has ${this.#consumers.size} consumers already`, true)
      return undefined
    }
    const queue = this.#queues.enter(name)
    if (typeof queue === 'string') {
      this.#out.refuse(id, queue, true)
      return undefined
    }
    const tags = new Set<number>()
    const taker: Taker = { demand: 0, take: (message) => this.#deliver(number, consumer, message) }
    const consumer: Consumer = { queue, taker, tags }
    this.#consumers.set(number, consumer)
    this.#out.done(id)
    return undefined
  }

  /** @returns what the client did wrong. */
  request(number: number, count: number): string | undefined {
    const consumer = this.#consumers.get(number)
    // A request may cross the end of its consumer on the way.
    if (!consumer) return undefined
    if (consumer.taker.demand + count > CONSUMER_WINDOW)
      return `asked for more than ${CONSUMER_WINDOW} messages at a time`
    consumer.queue.request(consumer.taker, count)
    return undefined
  }

  /** Ends a consumer: what it has not settled goes back to the front of the queue. */
  unconsume(number: number): void {
    this.#end([number])
  }

  ack(tag: number): void {
    const delivery = this.#take(tag) ?? this.#late.get(tag)
    this.#late.delete(tag)
    if (delivery?.queue.settle(delivery.message)) this.#queues.release(delivery.queue)
  }

  nack(tag: number, delayMs: number): void {
    const delivery = this.#take(tag)
    if (delivery) delivery.queue.putBack([delivery.message], delayMs)
  }

  /** The line is gone: everything it had comes back. */
  close(): void {
    this.#end([...this.#consumers.keys()])
    this.#late.clear()
  }

  /** All consumers leave before anything is put back, and all is put back before anything is delivered again. */
  #end(numbers: readonly number[]): void {
    const returned = new Map<Queue, QueueMessage[]>()
    const ended: Consumer[] = []
    for (const number of numbers) {
      const consumer = this.#consumers.get(number)
      if (!consumer) continue
      this.#consumers.delete(number)
      consumer.queue.leave(consumer.taker)
      ended.push(consumer)
      const messages = returned.get(consumer.queue) ?? []
      returned.set(consumer.queue, messages)
      for (const tag of consumer.tags) {
        const { queue, message } = this.#deliveries.take(tag)!
        this.#remember(tag, { queue, message })
        messages.push(message)
      }
    }
    for (const [queue, messages] of returned) queue.putBack(messages)
    for (const consumer of ended) this.#queues.leave(consumer.queue)
  }

  #deliver(number: number, consumer: Consumer, message: QueueMessage): void {
    const tag = ++this.#tags
    this.#deliveries.set(tag, { queue: consumer.queue, message, consumer })
    consumer.tags.add(tag)
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

  #take(tag: number): Delivery | undefined {
    const delivery = this.#deliveries.take(tag)
    delivery?.consumer.tags.delete(tag)
    return delivery
  }

  #remember(tag: number, delivery: Delivery): void {
    this.#late.set(tag, delivery)
    if (this.#late.size <= LATE_TAGS) return
    const [oldest] = this.#late.keys()
    this.#late.delete(oldest!)
  }
}
