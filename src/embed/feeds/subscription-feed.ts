import type { Message } from '../../client/message.js'
import type { Subscription } from '../../client/subscription.js'
import { hasMembers, payloadOf } from '../deliveries.js'
import type { SessionPort } from '../session-port.js'
import { wireError } from '../wire-error.js'

type Session = Pick<SessionPort, 'send' | 'ready'>

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

  /** Sends one message. @returns false at the end */
  async #next(): Promise<boolean> {
    while (this.#credit <= 0 && !this.#isClosed)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    for (let ready = this.#session.ready(); ready !== undefined; ready = this.#session.ready()) await ready
    const message = this.#isClosed ? undefined : await this.#subscription.recv()
    if (message === undefined || this.#isClosed) return false
    this.#credit--
    this.#session.send('message', this.#fields(message))
    return true
  }

  #fields(message: Message): object {
    const { topic, headers, retain } = message
    const fields = { subscription: this.#id, topic, ...payloadOf(message) }
    const { dropped } = this.#subscription
    if (dropped === this.#dropped && !retain && !hasMembers(headers)) return fields
    const lost = dropped !== this.#dropped
    this.#dropped = dropped
    return {
      ...fields,
      ...(hasMembers(headers) && { headers }),
      ...(retain && { retain }),
      ...(lost && { dropped }),
    }
  }
}
