import type { Message } from '../../client/message.js'
import type { Subscription } from '../../client/subscription.js'
import { hasMembers, payloadOf } from '../deliveries.js'
import type { SessionPort } from '../session-port.js'
import { wireError } from '../wire-error.js'
import { Credit } from './credit.js'
import { untilReady } from './until-ready.js'

type Session = Pick<SessionPort, 'send' | 'sendMessage' | 'ready' | 'isBlocked'>

/** Sends the messages of a subscription to the client, as far as its credit and its reading allow. */
export class SubscriptionFeed {
  readonly kind = 'subscription'
  readonly #id: number
  readonly #subscription: Subscription
  readonly #session: Session
  readonly #credit: Credit
  #dropped = 0
  #isClosed = false

  constructor(id: number, subscription: Subscription, session: Session, credit: number) {
    this.#id = id
    this.#subscription = subscription
    this.#session = session
    this.#credit = new Credit(credit)
  }

  give(messages: number): void {
    this.#credit.give(messages)
  }

  /** Ends the feed: no message follows. */
  close(): Promise<void> {
    this.#isClosed = true
    this.#credit.end()
    return this.#subscription.close()
  }

  /** Tells the client that the subscription has ended. Does nothing if it was closed or has ended before. */
  end(error?: unknown): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#credit.end()
    const ended = { subscription: this.#id }
    this.#session.send('ended', error === undefined ? ended : { ...ended, error: wireError(error) })
  }

  /** Sends messages until the subscription ends. Never rejects. */
  async run(): Promise<void> {
    try {
      while (await this.#next());
      this.end()
    } catch (error) {
      this.end(error)
    }
  }

  /** Sends the messages that are there, and waits for the next if there is none. @returns false at the end */
  async #next(): Promise<boolean> {
    await this.#credit.available(() => this.#isClosed)
    await untilReady(this.#session)
    if (this.#isClosed) return false
    // A promise for each message would cost more than the message.
    const message = this.#subscription.takeNow() ?? (await this.#subscription.recv())
    if (message === undefined || this.#isClosed) return false
    this.#send(message)
    return true
  }

  /** Sends this message, and those that can be sent without waiting. */
  #send(first: Message): void {
    for (let message: Message | undefined = first; message !== undefined; ) {
      this.#credit.spend()
      this.#sendOne(message)
      message = this.#credit.left > 0 && !this.#session.isBlocked ? this.#subscription.takeNow() : undefined
    }
  }

  #sendOne(message: Message): void {
    const { topic, headers, retain } = message
    const { dropped } = this.#subscription
    const payload = payloadOf(message)
    const isPlain = dropped === this.#dropped && !retain && !hasMembers(headers)
    if (isPlain && 'value' in payload) {
      this.#session.sendMessage(this.#id, topic, payload.value)
      return
    }
    const lost = dropped !== this.#dropped
    this.#dropped = dropped
    this.#session.send('message', {
      subscription: this.#id,
      topic,
      ...payload,
      ...(hasMembers(headers) && { headers }),
      ...(retain && { retain }),
      ...(lost && { dropped }),
    })
  }
}
