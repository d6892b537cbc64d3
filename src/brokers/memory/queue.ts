import type { ByteBudget } from '../../core/byte-budget.js'
import { Deque } from '../../core/deque.js'
import type { Capacity } from '../../core/overflow.js'
import type { Headers } from '../../core/value.js'
import { fits, keep, weightOf } from './message.js'
import type { Schedule } from './schedule.js'

/** A message that the broker stores until it is acknowledged. */
export interface QueueMessage {
  readonly id: string
  readonly headers: Headers | undefined
  readonly weight: number
  payload: Uint8Array
  /** Its place in the queue, which it keeps when it comes back. */
  place: number
  /** Deliveries so far, without those that no handler has seen. */
  attempt: number
  state: 'delayed' | 'waiting' | 'delivered' | 'settled'
}

/** A consumer of the queue. */
export interface QueueConsumer {
  /** How many more messages it has requested. */
  demand: number
  deliver(message: QueueMessage): void
}

/**
 * A first-in, first-out queue. Consumers with demand are served in turn, one message each; returned messages go to the
 * front, in the order of their places.
 */
export class Queue {
  readonly name: string
  readonly #limit: Capacity
  readonly #schedule: Schedule
  readonly #budget: ByteBudget
  readonly #fresh = new Deque<QueueMessage>()
  /** Highest place first, so that the next message is at the end. */
  readonly #returned: QueueMessage[] = []
  /** Consumers with demand, in the order in which they are served. */
  readonly #ready = new Set<QueueConsumer>()
  #places = 0
  #messages = 0
  #bytes = 0

  constructor(name: string, limit: Capacity, schedule: Schedule, budget: ByteBudget) {
    this.name = name
    this.#limit = limit
    this.#schedule = schedule
    this.#budget = budget
  }

  /** Number of unsettled messages: waiting, delayed and delivered. */
  get messages(): number {
    return this.#messages
  }

  /** Adds a message. @returns why there is no room, or undefined */
  add(id: string, payload: Uint8Array, headers: Headers | undefined, delayMs: number): string | undefined {
    const weight = weightOf(payload, this.name, headers)
    if (this.#messages >= this.#limit.messages || this.#bytes + weight > this.#limit.bytes)
      return `the queue is full: it holds ${this.#messages} messages with ${this.#bytes} bytes, of ${this.#limit.messages} messages and ${this.#limit.bytes} bytes`
    if (!fits(this.#budget, weight))
      return `the broker is full: it holds ${this.#budget.held} of ${this.#budget.limit} bytes`
    const message: QueueMessage = { id, payload, headers, weight, place: 0, attempt: 0, state: 'delayed' }
    this.#messages++
    this.#bytes += weight
    this.#budget.take(weight)
    keep(message)
    if (delayMs > 0) this.#schedule.after(delayMs, () => this.#append(message))
    else this.#append(message)
    return undefined
  }

  /** Adds demand to a consumer. */
  request(consumer: QueueConsumer, count: number): void {
    consumer.demand += count
    if (consumer.demand > 0) this.#ready.add(consumer)
    this.#dispatch()
  }

  /** Removes a consumer. */
  leave(consumer: QueueConsumer): void {
    this.#ready.delete(consumer)
  }

  /** Removes a message in any state. @returns false if it was settled already */
  settle(message: QueueMessage): boolean {
    if (message.state === 'settled') return false
    // A waiting or delayed message is skipped when its turn comes.
    message.state = 'settled'
    message.payload = NOTHING
    this.#messages--
    this.#bytes -= message.weight
    this.#budget.give(message.weight)
    return true
  }

  /**
   * Returns delivered messages to the front after `delayMs` milliseconds. All are inserted before any is delivered
   * again.
   */
  putBack(messages: Iterable<QueueMessage>, delayMs = 0): void {
    for (const message of messages) {
      if (message.state !== 'delivered') continue
      message.state = 'delayed'
      if (delayMs > 0) this.#schedule.after(delayMs, () => this.#return(message))
      else this.#insert(message)
    }
    this.#dispatch()
  }

  /** Returns a message that no handler has seen, to its old place and without counting the delivery. */
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
      const [consumer] = this.#ready
      if (!consumer) return
      this.#ready.delete(consumer)
      if (this.#returned.length > 0) this.#returned.pop()
      else this.#fresh.shift()
      message.state = 'delivered'
      message.attempt++
      consumer.demand--
      if (consumer.demand > 0) this.#ready.add(consumer)
      consumer.deliver(message)
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
