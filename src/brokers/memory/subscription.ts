import { Deque } from '../../core/deque.js'
import { SUBSCRIBER_WINDOW } from './line.js'
import type { Message } from './message.js'
import { keep } from './message.js'

/** What the subscriptions of one line hold back together. */
export interface HeldBack {
  messages: number
  bytes: number
}

/** Hands a message over to the line. */
export type Send = (subscription: number, message: Message, retain: boolean) => void

/** One pattern of one line: sends while it has credit, holds back otherwise. Keeps the order. */
export class Subscription {
  readonly #number: number
  readonly #send: Send
  readonly #heldBack: HeldBack
  readonly #waiting = new Deque<{ readonly message: Message; readonly retain: boolean }>()
  #messages: number = SUBSCRIBER_WINDOW.messages
  #bytes: number = SUBSCRIBER_WINDOW.bytes

  constructor(number: number, send: Send, heldBack: HeldBack) {
    this.#number = number
    this.#send = send
    this.#heldBack = heldBack
  }

  /** Whether the next message would leave at once. */
  get ready(): boolean {
    return this.#messages > 0 && this.#bytes > 0 && this.#waiting.size === 0
  }

  offer(message: Message, retain: boolean): void {
    if (this.ready) {
      this.#pass(message, retain)
      return
    }
    keep(message)
    this.#waiting.push({ message, retain })
    this.#heldBack.messages++
    this.#heldBack.bytes += message.weight
  }

  /** Takes credit back and sends what it allows; expired messages are left out. */
  credit(messages: number, bytes: number, now: number): void {
    // Never above the window, whatever a client grants: what is under way is memory too.
    this.#messages = Math.min(this.#messages + messages, SUBSCRIBER_WINDOW.messages)
    this.#bytes = Math.min(this.#bytes + bytes, SUBSCRIBER_WINDOW.bytes)
    while (this.#waiting.size > 0 && this.#messages > 0 && this.#bytes > 0) {
      const { message, retain } = this.#waiting.shift()!
      this.#release(message)
      if (message.expiresAt === undefined || message.expiresAt > now) this.#pass(message, retain)
    }
  }

  /** Forgets what it holds back. */
  close(): void {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) this.#release(next.message)
  }

  #pass(message: Message, retain: boolean): void {
    this.#messages--
    this.#bytes -= message.payload.byteLength
    this.#send(this.#number, message, retain)
  }

  #release(message: Message): void {
    this.#heldBack.messages--
    this.#heldBack.bytes -= message.weight
  }
}
