import type { AdapterConsumer, Attempt, InboundDelivery, MessageSink, QueueFacet } from '../core/adapter.js'
import { Deque } from '../core/deque.js'
import { DequeueError } from '../core/errors.js'
import type { ReceivedMessage } from '../mailbox/protocol.js'
import { queueExtras } from './queue-source.js'
import type { UnsettledDeliveries } from './unsettled.js'

interface Waiting {
  readonly resolve: (message: ReceivedMessage | undefined) => void
  readonly reject: (error: Error) => void
}

/** Single messages taken from one queue, on demand. */
class Receiver implements MessageSink<InboundDelivery> {
  readonly #queueName: string
  readonly #facet: QueueFacet
  readonly #unsettled: UnsettledDeliveries
  readonly #waiting = new Deque<Waiting>()
  readonly #gaveUp = new WeakSet<Waiting>()
  #open = 0
  #consumer: AdapterConsumer | undefined
  #opening: Promise<void> | undefined
  /** Counts the connections: a consumer that was opened on an earlier one is of no use. */
  #connection = 0
  /** What the broker has been asked for and has not delivered. */
  #demand = 0

  constructor(queueName: string, facet: QueueFacet, unsettled: UnsettledDeliveries) {
    this.#queueName = queueName
    this.#facet = facet
    this.#unsettled = unsettled
  }

  async receive(context: Attempt): Promise<ReceivedMessage | undefined> {
    while (this.#consumer === undefined) {
      // Whoever came first opens it; if that comes to nothing, for its time was up say, the next one does.
      if (this.#opening !== undefined) await this.#opening
      else await this.#openConsumer(context)
    }
    if (context.signal.aborted) return undefined
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { resolve, reject }
      this.#waiting.push(waiting)
      this.#open++
      context.signal.addEventListener(
        'abort',
        () => {
          if (this.#gaveUp.has(waiting)) return
          this.#gaveUp.add(waiting)
          this.#open--
          resolve(undefined)
        },
        { once: true },
      )
      this.#ask()
    })
  }

  async #openConsumer(context: Attempt): Promise<void> {
    const connection = this.#connection
    const consuming = this.#facet.consume(this.#queueName, this, context)
    this.#opening = consuming.then(
      () => {},
      () => {},
    )
    try {
      const consumer = await consuming
      if (connection === this.#connection) this.#consumer = consumer
    } finally {
      this.#opening = undefined
    }
  }

  deliver(delivery: InboundDelivery): boolean {
    this.#demand--
    const waiting = this.#next()
    if (waiting === undefined) {
      // It came too late for whoever asked: others may have it.
      delivery.nack(0).catch(() => {})
      return true
    }
    const token = this.#unsettled.add(delivery, () => {})
    waiting.resolve({ topic: delivery.topic, bytes: delivery.payload, extras: queueExtras(delivery, token) })
    return true
  }

  /** What a queue's broker keeps is not lost. */
  lost(): void {}

  end(error: Error): void {
    this.#lose(error)
  }

  disconnected(): void {
    this.#lose(
      new DequeueError(this.#queueName, 'the connection was lost', {
        retryable: true,
        errorClass: 'connection-reset',
      }),
    )
  }

  #lose(error: Error): void {
    this.#connection++
    this.#consumer = undefined
    this.#demand = 0
    for (let waiting = this.#next(); waiting !== undefined; waiting = this.#next()) waiting.reject(error)
  }

  #next(): Waiting | undefined {
    for (let waiting = this.#waiting.shift(); waiting !== undefined; waiting = this.#waiting.shift())
      if (!this.#gaveUp.has(waiting)) {
        this.#gaveUp.add(waiting)
        this.#open--
        return waiting
      }
    return undefined
  }

  #ask(): void {
    const missing = this.#open - this.#demand
    if (missing <= 0) return
    this.#demand += missing
    this.#consumer?.request(missing)
  }
}

/** The receivers of an integration, one for each queue that has been received from. */
export class Receivers {
  readonly #facet: QueueFacet
  readonly #unsettled: UnsettledDeliveries
  readonly #byQueue = new Map<string, Receiver>()

  constructor(facet: QueueFacet, unsettled: UnsettledDeliveries) {
    this.#facet = facet
    this.#unsettled = unsettled
  }

  /**
   * Waits for one message until the context's signal aborts.
   * @returns `undefined` when there was none in that time. @throws DequeueError
   */
  receive(queue: string, context: Attempt): Promise<ReceivedMessage | undefined> {
    let receiver = this.#byQueue.get(queue)
    if (receiver === undefined) {
      receiver = new Receiver(queue, this.#facet, this.#unsettled)
      this.#byQueue.set(queue, receiver)
    }
    return receiver.receive(context)
  }

  disconnected(): void {
    for (const receiver of this.#byQueue.values()) receiver.disconnected()
  }
}
