import type { ByteBudget } from '../../core/byte-budget.js'
import { Deque } from '../../core/deque.js'
import type { Capacity } from '../../core/overflow.js'
import type { Headers } from '../../core/value.js'
import { fits, keep, weightOf } from './message.js'
import type { Schedule } from './schedule.js'

/** A message that the broker keeps until it is acknowledged. */
export interface QueueMessage {
  readonly id: string
  readonly headers: Headers | undefined
  readonly weight: number
  payload: Uint8Array
  /** Its place in the queue, kept when it comes back. */
  place: number
  /** Deliveries so far, without those that nobody has seen. */
  attempt: number
  state: 'delayed' | 'waiting' | 'delivered' | 'settled'
}

/** A consumer as the queue sees it. */
export interface Taker {
  /** How many more messages it has asked for. */
  demand: number
  take(message: QueueMessage): void
}

/**
 * One queue: first in, first out; consumers with demand are served in turn, a message each. What comes back
 * goes to the front, in the order of the original places.
 */
export class Queue {
  readonly name: string
  readonly #limit: Capacity
  readonly #schedule: Schedule
  readonly #budget: ByteBudget
  readonly #fresh = new Deque<QueueMessage>()
  /** Highest place first, so that the next one is at the end. */
  readonly #returned: QueueMessage[] = []
  /** Consumers with demand, in the order in which they are served. */
  readonly #line = new Set<Taker>()
  #places = 0
  #messages = 0
  #bytes = 0

  constructor(name: string, limit: Capacity, schedule: Schedule, budget: ByteBudget) {
    this.name = name
    this.#limit = limit
    this.#schedule = schedule
    this.#budget = budget
  }

  /** Messages that are not settled: waiting, delayed and delivered. */
  get messages(): number {
    return this.#messages
  }

  /** @returns why there is no room, if there is none. */
  add(id: string, payload: Uint8Array, headers: Headers | undefined, delayMs: number): string | undefined {
    const weight = weightOf(payload, this.name, headers)
    if (this.#messages >= this.#limit.messages || this.#bytes + weight > this.#limit.bytes)
      return `the queue is full: it holds ${this.#messages} messages of ${this.#bytes} bytes`
    if (!fits(this.#budget, weight))
      return `the broker is full: it holds ${this.#budget.held} bytes in all, of ${this.#budget.limit}`
    const message: QueueMessage = { id, payload, headers, weight, place: 0, attempt: 0, state: 'delayed' }
    this.#messages++
    this.#bytes += weight
    this.#budget.take(weight)
    keep(message)
    if (delayMs > 0) this.#schedule.after(delayMs, () => this.#append(message))
    else this.#append(message)
    return undefined
  }

  /** The consumer has asked for more. */
  request(taker: Taker, count: number): void {
    taker.demand += count
    if (taker.demand > 0) this.#line.add(taker)
    this.#dispatch()
  }

  /** The consumer takes nothing more. */
  leave(taker: Taker): void {
    this.#line.delete(taker)
  }

  /** Removes the message for good, wherever it is. @returns false when it is settled already. */
  settle(message: QueueMessage): boolean {
    if (message.state === 'settled') return false
    // One that waits or is delayed is passed over when its turn comes.
    message.state = 'settled'
    message.payload = NOTHING
    this.#messages--
    this.#bytes -= message.weight
    this.#budget.give(message.weight)
    return true
  }

  /** Takes delivered messages back, to the front, no earlier than in `delayMs`: all before any is delivered again. */
  putBack(messages: Iterable<QueueMessage>, delayMs = 0): void {
    for (const message of messages) {
      if (message.state !== 'delivered') continue
      message.state = 'delayed'
      if (delayMs > 0) this.#schedule.after(delayMs, () => this.#return(message))
      else this.#insert(message)
    }
    this.#dispatch()
  }

  /** Takes back a message that nobody has seen: at its old place, at once, and not as an attempt. */
  undelivered(message: QueueMessage): void {
    if (message.state !== 'delivered') return
    message.attempt--
    this.putBack([message])
  }

  #append(message: QueueMessage): void {
    if (message.state !== 'delayed') return
    message.state = 'waiting'
    message.place = this.#places++
    this.#fresh.push(message)
    this.#dispatch()
  }

  #return(message: QueueMessage): void {
    this.#insert(message)
    this.#dispatch()
  }

  #insert(message: QueueMessage): void {
    if (message.state !== 'delayed') return
    message.state = 'waiting'
    let at = this.#returned.length
    let low = 0
    while (low < at) {
      const middle = (low + at) >> 1
      if (this.#returned[middle]!.place > message.place) low = middle + 1
      else at = middle
    }
    this.#returned.splice(low, 0, message)
  }

  #dispatch(): void {
    for (let message = this.#peek(); message; message = this.#peek()) {
      const [taker] = this.#line
      if (!taker) return
      this.#line.delete(taker)
      if (this.#returned.length > 0) this.#returned.pop()
      else this.#fresh.shift()
      message.state = 'delivered'
      message.attempt++
      taker.demand--
      if (taker.demand > 0) this.#line.add(taker)
      taker.take(message)
    }
  }

  #peek(): QueueMessage | undefined {
    while (this.#returned.at(-1)?.state === 'settled') this.#returned.pop()
    if (this.#returned.length > 0) return this.#returned.at(-1)
    while (this.#fresh.peek()?.state === 'settled') this.#fresh.shift()
    return this.#fresh.peek()
  }
}

const NOTHING = new Uint8Array(0)
