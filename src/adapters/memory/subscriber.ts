import { type MessageEntry, SUBSCRIBER_WINDOW } from '../../brokers/memory/line.js'
import type { AdapterSubscription, Attempt, InboundMessage, MessageSink } from '../../core/adapter.js'
import { CancelledError, SubscribeError } from '../../core/errors.js'
import { Inbound } from './inbound.js'
import type { Link } from './link.js'

/** Credit goes back in portions: one entry for many messages. */
const PORTION = { messages: SUBSCRIBER_WINDOW.messages / 4, bytes: SUBSCRIBER_WINDOW.bytes / 4 } as const

/** The subscriptions of one link. */
export class Subscriber {
  readonly #link: Link
  readonly #inbound = new Map<number, Inbound<InboundMessage>>()

  constructor(link: Link) {
    this.#link = link
  }

  async subscribe(
    pattern: string,
    sink: MessageSink<InboundMessage>,
    context: Attempt,
  ): Promise<AdapterSubscription> {
    const subscription = this.#link.number()
    const credit = new Credit(this.#link, subscription)
    const inbound = new Inbound<InboundMessage>((message) => {
      const size = message.payload.byteLength
      const room = sink.deliver(message)
      credit.give(size)
      return room
    })
    this.#inbound.set(subscription, inbound)
    const close = async () => {
      if (!this.#inbound.delete(subscription)) return
      inbound.close()
      const entry = (id: number) => ({ op: 'unsubscribe', id, subscription }) as const
      // It ends with the link as well; nothing is left to be told.
      await this.#link.request(entry, undefined, 'unsubscribe', refusal).catch(() => {})
    }
    const refusal = (reason: string, retryable: boolean) => new SubscribeError(pattern, reason, { retryable })
    try {
      const entry = (id: number) => ({ op: 'subscribe', id, subscription, pattern }) as const
      await this.#link.request(entry, undefined, 'subscribe', refusal)
    } catch (error) {
      this.#inbound.delete(subscription)
      inbound.close()
      throw error
    }
    if (context.signal.aborted) {
      await close()
      throw new CancelledError({ cause: context.signal.reason })
    }
    return { resume: () => inbound.resume(), close }
  }

  /** A message for a subscription that was closed meanwhile is dropped: its credit ended with it. */
  deliver(entry: MessageEntry, payload: Uint8Array): void {
    const { topic, headers, retain } = entry
    this.#inbound
      .get(entry.subscription)
      ?.deliver({ topic, payload, ...(headers && { headers }), ...(retain && { retain }) })
  }

  /** No sink hears anything more. */
  close(): void {
    for (const inbound of this.#inbound.values()) inbound.close()
    this.#inbound.clear()
  }
}

/** Gathers what a subscription has taken. */
class Credit {
  readonly #link: Link
  readonly #subscription: number
  #messages = 0
  #bytes = 0

  constructor(link: Link, subscription: number) {
    this.#link = link
    this.#subscription = subscription
  }

  give(bytes: number): void {
    this.#messages++
    this.#bytes += bytes
    if (this.#messages < PORTION.messages && this.#bytes < PORTION.bytes) return
    const entry = { subscription: this.#subscription, messages: this.#messages, bytes: this.#bytes }
    this.#link.send({ op: 'credit', ...entry })
    this.#messages = 0
    this.#bytes = 0
  }
}
