import type { ByteBudget } from '../../core/byte-budget.js'
import { Deque } from '../../core/deque.js'
import type { Capacity } from '../../core/overflow.js'
import { SUBSCRIBER_WINDOW } from './line.js'
import { hold, type Message, release } from './message.js'

/** A publication as the subscriptions see it that have no room for it. */
export interface Publisher {
  /** The publisher is gone: what it had not been acknowledged is forgotten. */
  readonly gone: boolean
  /** One subscription has no room: the acknowledgement waits. */
  hold(): void
  /** That subscription has room. */
  admit(): void
}

/** Hands a message over to the line. */
export type Send = (subscription: number, message: Message, retain: boolean) => void

interface Waiting {
  readonly message: Message
  readonly retain: boolean
  readonly publisher: Publisher | undefined
  /** Within the capacity, beyond it, or left out because its publisher has gone. */
  state: 'inside' | 'outside' | 'forgotten'
}

/**
 * One pattern of one line: sends while it has credit, holds back otherwise. Keeps the order. Publishers of what
 * exceeds its capacity are not acknowledged until there is room, which touches no other subscription.
 */
export class Subscription {
  readonly #number: number
  readonly #send: Send
  readonly #capacity: Capacity
  readonly #budget: ByteBudget
  readonly #waiting = new Deque<Waiting>()
  /** Those of `#waiting` for which there was no room. */
  readonly #outside = new Deque<Waiting>()
  #inside = { messages: 0, bytes: 0 }
  #messages: number = SUBSCRIBER_WINDOW.messages
  #bytes: number = SUBSCRIBER_WINDOW.bytes

  constructor(number: number, send: Send, capacity: Capacity, budget: ByteBudget) {
    this.#number = number
    this.#send = send
    this.#capacity = capacity
    this.#budget = budget
  }

  /** Whether the next message would leave at once. */
  get ready(): boolean {
    return this.#messages > 0 && this.#bytes > 0 && this.#waiting.size === 0
  }

  /** Messages held back. */
  get held(): number {
    return this.#waiting.size
  }

  /** @param publisher absent where nobody waits for an acknowledgement: the message is held in any case. */
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

  /** Takes credit back and sends what it allows; expired messages are left out. */
  credit(messages: number, bytes: number, now: number): void {
    // Never above the window, whatever a client grants: what is under way is memory too.
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
  }

  /** Forgets what it holds back. */
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
