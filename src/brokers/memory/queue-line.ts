import { SequenceTable } from '../../core/sequence-table.js'
import { CONSUMER_WINDOW, type EnqueueEntry } from './line.js'
import type { Outbox } from './outbox.js'
import type { Queue, QueueMessage, Taker } from './queue.js'
import type { Queues } from './queues.js'

interface Delivery {
  readonly queue: Queue
  readonly message: QueueMessage
}

interface Consumer {
  readonly queue: Queue
  readonly taker: Taker
}

/** Sending and receiving of one line. */
export class QueueLine {
  readonly #queues: Queues
  readonly #out: Outbox
  readonly #consumers = new Map<number, Consumer>()
  /** What the line has and has not settled, of its closed consumers too. */
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
    const taker: Taker = { demand: 0, take: (message) => this.#deliver(number, queue, message) }
    this.#consumers.set(number, { queue, taker })
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

  /** Ends a consumer. What was delivered to it is still to be settled. */
  unconsume(number: number): void {
    const consumer = this.#consumers.get(number)
    if (!consumer) return
    this.#consumers.delete(number)
    consumer.queue.leave(consumer.taker)
    this.#queues.leave(consumer.queue)
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
   * The line is gone: everything it had comes back. All consumers leave before anything is put back, and all is put
   * back before anything is delivered again.
   */
  close(): void {
    const queues = new Map<Queue, QueueMessage[]>()
    for (const { queue, taker } of this.#consumers.values()) {
      queue.leave(taker)
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
    if (delivery === undefined) return this.#out.refuse(id, 'the delivery was settled before, or never made')
    settle(delivery)
    this.#out.done(id)
  }
}
