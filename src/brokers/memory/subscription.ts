import type { ByteBudget } from '../../core/byte-budget.js'
import { Deque } from '../../core/deque.js'
import type { Capacity } from '../../core/overflow.js'
import { SUBSCRIBER_WINDOW } from './line.js'
import { hold, type Message, release } from './message.js'

/** A publish, as seen by subscriptions without room for it. */
export interface Publisher {
  /** Whether the publisher has disconnected: its unacknowledged publishes are dropped. */
  readonly gone: boolean
  /** Delays the acknowledgement, because one subscription has no room. */
  hold(): void
  /** Reports that this subscription has room. */
  admit(): void
}

/** Sends a message to the client. */
export type Send = (subscription: number, message: Message, retain: boolean) => void

interface Waiting {
  readonly message: Message
  readonly retain: boolean
  readonly publisher: Publisher | undefined
  /** Within the capacity, beyond it, or dropped because its publisher has disconnected. */
  state: 'inside' | 'outside' | 'forgotten'
}

/**
 * One pattern of one client: sends while it has credit and holds messages otherwise, in order. Publishes beyond its
 * capacity are not acknowledged until there is room, which affects no other subscription.
 */
export class Subscription {
  readonly #number: number
  readonly #send: Send
  readonly #capacity: Capacity
  readonly #budget: ByteBudget
  readonly #waiting = new Deque<Waiting>()
  /** The messages of `#waiting` that exceed the capacity. */
  readonly #outside = new Deque<Waiting>()
  #inside = { messages: 0, bytes: 0 }
  #messages: number = SUBSCRIBER_WINDOW.messages
  #bytes: number = SUBSCRIBER_WINDOW.bytes
  #onEmpty: (() => void) | undefined

  constructor(number: number, send: Send, capacity: Capacity, budget: ByteBudget) {
    this.#number = number
    this.#send = send
    this.#capacity = capacity
    this.#budget = budget
  }

  /** Whether the next message would be sent at once. */
  get ready(): boolean {
    return this.#messages > 0 && this.#bytes > 0 && this.#waiting.size === 0
  }

  /** Number of held messages. */
  get held(): number {
    return this.#waiting.size
  }

  /**
   * Sends or holds a message. @param publisher absent if nothing waits for an acknowledgement; the message is then
   * always held
   */
  offer(message: Message, retain: boolean, publisher?: Publisher): void {
    if (this.ready) {
      this.#pass(message, retain)
      return
    }
    hold(message, this.#budget)
    const waiting: Waiting = { message, retain, publisher, state: 'outside' }
    this.#waiting.push(waiting)
    if (publisher === undefined || this.#hasRoom) this.#enter(waiting)
    else {
      publisher.hold()
      this.#outside.push(waiting)
    }
  }

  /** Adds credit and sends the messages that it allows. Drops expired messages. */
  credit(messages: number, bytes: number, now: number): void {
    // Never exceed the window, even if a client grants more: messages on their way use memory too.
    this.#messages = Math.min(this.#messages + messages, SUBSCRIBER_WINDOW.messages)
    this.#bytes = Math.min(this.#bytes + bytes, SUBSCRIBER_WINDOW.bytes)
    while (this.#waiting.size > 0 && this.#messages > 0 && this.#bytes > 0) {
      const waiting = this.#waiting.shift()!
      const { message, retain, publisher } = waiting
      const isForgotten = waiting.state !== 'inside' && publisher?.gone === true
      this.#leave(waiting)
      if (isForgotten) continue
      if (message.expiresAt === undefined || message.expiresAt > now) this.#pass(message, retain)
    }
    if (this.#waiting.size === 0) this.#onEmpty?.()
  }

  /** Calls `onEmpty` once no message is held. */
  whenEmpty(onEmpty: () => void): void {
    if (this.#waiting.size === 0) return onEmpty()
    this.#onEmpty = () => {
      this.#onEmpty = undefined
      onEmpty()
    }
  }

  /** Drops all held messages. */
  close(): void {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) this.#leave(next)
  }

  get #hasRoom(): boolean {
    return this.#inside.messages < this.#capacity.messages && this.#inside.bytes < this.#capacity.bytes
  }

  #enter(waiting: Waiting): void {
    waiting.state = 'inside'
    this.#inside.messages++
    this.#inside.bytes += waiting.message.weight
  }

  #leave(waiting: Waiting): void {
    if (waiting.state === 'inside') {
      this.#inside.messages--
      this.#inside.bytes -= waiting.message.weight
    } else if (waiting.state === 'outside') this.#admit(this.#outside.shift()!)
    release(waiting.message, this.#budget)
    while (this.#outside.size > 0 && this.#hasRoom) {
      const next = this.#outside.shift()!
      if (next.publisher!.gone) next.state = 'forgotten'
      else {
        this.#enter(next)
        this.#admit(next)
      }
    }
  }

  #admit({ publisher }: Waiting): void {
    publisher!.admit()
  }

  #pass(message: Message, retain: boolean): void {
    this.#messages--
    this.#bytes -= message.payload.byteLength
    this.#send(this.#number, message, retain)
  }
}
