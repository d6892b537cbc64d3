import type { Message } from '../../client/message.js'
import type { Subscription } from '../../client/subscription.js'
import { hasMembers, payloadOf } from '../deliveries.js'
import type { SessionPort } from '../session-port.js'
import { wireError } from '../wire-error.js'

type Session = Pick<SessionPort, 'send' | 'sendMessage' | 'ready' | 'isBlocked'>

/** Sends the messages of a subscription to the client, as far as its credit and its reading allow. */
export class SubscriptionFeed {
  readonly kind = 'subscription'
  readonly #id: number
  readonly #subscription: Subscription
  readonly #session: Session
  #credit: number
  #dropped = 0
  #isClosed = false
  /** Continues the loop that waits for credit. */
  #wake: () => void = () => {}

  constructor(id: number, subscription: Subscription, session: Session, credit: number) {
    this.#id = id
    this.#subscription = subscription
    this.#session = session
    this.#credit = credit
  }

  give(messages: number): void {
    this.#credit += messages
    this.#wake()
  }

  /** Ends the feed: no message follows. */
  close(): Promise<void> {
    this.#isClosed = true
    this.#wake()
    return this.#subscription.close()
  }

  /** Tells the client that the subscription has ended. Does nothing if it was closed or has ended before. */
  end(error?: unknown): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#wake()
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
    while (this.#credit <= 0 && !this.#isClosed)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    for (let ready = this.#session.ready(); ready !== undefined; ready = this.#session.ready()) await ready
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
      this.#credit--
      this.#sendOne(message)
      message = this.#credit > 0 && !this.#session.isBlocked ? this.#subscription.takeNow() : undefined
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
