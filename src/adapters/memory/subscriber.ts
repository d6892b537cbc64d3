import { type MessageEntry, SUBSCRIBER_WINDOW } from '../../brokers/memory/line.js'
import type { Attempt } from '../../core/adapter/attempt.js'
import type { AdapterSubscription, InboundMessage, MessageSink } from '../../core/adapter/inbound.js'
import type { ByteBudget } from '../../core/byte-budget.js'
import { SubscribeError } from '../../core/errors/pubsub.js'
import { RoomWait } from '../../core/room-wait.js'
import { abortFailure } from '../abort.js'
import type { Connection, PendingRequest } from './connection.js'
import { fieldFault, LOCAL } from './fields.js'
import { Inbound } from './inbound.js'

/** Credit is returned in portions: one entry for many messages. */
const PORTION = { messages: SUBSCRIBER_WINDOW.messages / 4, bytes: SUBSCRIBER_WINDOW.bytes / 4 } as const

/** Memory of the buffers and objects around a buffered message, in bytes. */
const OVERHEAD = 400

interface Subscription {
  readonly sink: MessageSink<InboundMessage>
  readonly inbound: Inbound<InboundMessage>
  readonly credit: Credit
}

/** Subscribes to topics over one connection. */
export class Subscriber {
  readonly #connection: Connection
  readonly #budget: ByteBudget
  readonly #largest: number
  readonly #subscriptions = new Map<number, Subscription>()

  /** @param largest maximum size of a payload in bytes; a larger one is not delivered */
  constructor(connection: Connection, budget: ByteBudget, largest: number) {
    this.#connection = connection
    this.#budget = budget
    this.#largest = largest
  }

  async subscribe(
    pattern: string,
    sink: MessageSink<InboundMessage>,
    context: Attempt,
  ): Promise<AdapterSubscription> {
    const fault = fieldFault(pattern)
    if (fault !== undefined) throw new SubscribeError(String(pattern), fault, LOCAL)
    const subscription = this.#connection.number()
    const inbound = this.#open(subscription, sink)
    const refusal: PendingRequest['refusal'] = (reason, context) =>
      new SubscribeError(pattern, reason, context)
    const close = async () => {
      if (!this.#subscriptions.delete(subscription)) return
      inbound.close()
      const entry = (id: number) => ({ op: 'unsubscribe', id, subscription }) as const
      // The subscription also ends with the connection.
      await this.#connection.request(entry, undefined, 'unsubscribe', refusal).catch(() => {})
    }
    const finish = async () => {
      const entry = (id: number) => ({ op: 'finish', id, subscription }) as const
      await this.#connection.request(entry, undefined, 'unsubscribe', refusal).catch(() => {})
      inbound.resume()
      this.#subscriptions.delete(subscription)
      inbound.close()
    }
    try {
      const entry = (id: number) => ({ op: 'subscribe', id, subscription, pattern }) as const
      await this.#connection.request(entry, undefined, 'subscribe', refusal)
    } catch (error) {
      this.#subscriptions.delete(subscription)
      inbound.close()
      throw error
    }
    if (context.signal.aborted) {
      await close()
      throw abortFailure(`subscribe ${pattern}`, context.signal)
    }
    return { resume: () => inbound.resume(), close, finish }
  }

  /** Delivers a message. One for a closed subscription is dropped, because its credit ended with it. */
  deliver(entry: MessageEntry, payload: Uint8Array): void {
    const subscription = this.#subscriptions.get(entry.subscription)
    if (subscription === undefined) return
    const { topic, headers, retain } = entry
    if (payload.byteLength > this.#largest) {
      subscription.credit.give(payload.byteLength)
      subscription.sink.lost(1, tooLarge(payload.byteLength, this.#largest))
      return
    }
    subscription.inbound.deliver({ topic, payload, ...(headers && { headers }), ...(retain && { retain }) })
  }

  /** Stops all deliveries. */
  close(): void {
    for (const { inbound } of this.#subscriptions.values()) inbound.close()
    this.#subscriptions.clear()
  }

  #open(subscription: number, sink: MessageSink<InboundMessage>): Inbound<InboundMessage> {
    const credit = new Credit(this.#connection, subscription, this.#budget)
    const inbound = new Inbound<InboundMessage>(
      (message) => {
        const room = sink.deliver(message)
        credit.give(message.payload.byteLength)
        return room
      },
      { budget: this.#budget, sizeOf: ({ payload }) => OVERHEAD + payload.byteLength },
    )
    this.#subscriptions.set(subscription, { sink, inbound, credit })
    return inbound
  }
}

/** Explains why a received payload is not delivered. */
export const tooLarge = (size: number, largest: number): string =>
  `a payload of ${size} bytes exceeds limits.frame (${largest})`

/**
 * Collects the credit of a subscription and returns it in portions. Returns none while the actor's memory budget is
 * full.
 */
class Credit {
  readonly #connection: Connection
  readonly #subscription: number
  readonly #budget: ByteBudget
  #messages = 0
  #bytes = 0
  readonly #roomWait = new RoomWait(() => this.#send())

  constructor(connection: Connection, subscription: number, budget: ByteBudget) {
    this.#connection = connection
    this.#subscription = subscription
    this.#budget = budget
  }

  give(bytes: number): void {
    this.#messages++
    this.#bytes += bytes
    if (this.#messages < PORTION.messages && this.#bytes < PORTION.bytes) return
    if (this.#budget.isFull) this.#roomWait.start(this.#budget)
    else this.#send()
  }

  #send(): void {
    const entry = { subscription: this.#subscription, messages: this.#messages, bytes: this.#bytes }
    this.#connection.send({ op: 'credit', ...entry })
    this.#messages = 0
    this.#bytes = 0
  }
}
