import type { Headers } from '../../core/value.js'
import type { MemoryLimits } from './limits.js'
import type { Outbox } from './outbox.js'
import { Queue } from './queue.js'
import { QueueLine } from './queue-line.js'
import type { Schedule } from './schedule.js'

interface Entry {
  readonly queue: Queue
  consumers: number
}

/** The queues by name. One exists while it has messages or consumers. */
export class Queues {
  readonly limits: MemoryLimits
  readonly #schedule: Schedule
  readonly #byName = new Map<string, Entry>()
  readonly #prefix: string
  #ids = 0

  /** @param prefix sets the ids of this broker apart from those of its predecessors. */
  constructor(limits: MemoryLimits, schedule: Schedule, prefix: string) {
    this.limits = limits
    this.#schedule = schedule
    this.#prefix = prefix
  }

  join(out: Outbox): QueueLine {
    return new QueueLine(this, out)
  }

  /** Messages of the queue that are not settled. */
  messages(name: string): number {
    return this.#byName.get(name)?.queue.messages ?? 0
  }

  /** @returns the id of the message, or why it was not taken. */
  enqueue(
    name: string,
    payload: Uint8Array,
    headers: Headers | undefined,
    delayMs: number,
  ): { readonly id: string } | { readonly refusal: string } {
    const entry = this.#open(name)
    if (!entry) return { refusal: this.#tooMany() }
    const id = `${this.#prefix}-${++this.#ids}`
    if (entry.queue.add(id, payload, headers, delayMs)) return { id }
    const held = entry.queue.messages
    this.release(entry.queue)
    return { refusal: `the queue is full: it holds ${held} messages` }
  }

  /** A consumer joins. @returns the queue, or why not. */
  enter(name: string): Queue | string {
    const entry = this.#open(name)
    if (!entry) return this.#tooMany()
    entry.consumers++
    return entry.queue
  }

  /** A consumer has left. */
  leave(queue: Queue): void {
    const entry = this.#byName.get(queue.name)
    if (entry) entry.consumers--
    this.release(queue)
  }

  /** Forgets the queue if nothing is left of it. */
  release(queue: Queue): void {
    const entry = this.#byName.get(queue.name)
    if (entry?.consumers === 0 && entry.queue.messages === 0) this.#byName.delete(queue.name)
  }

  #open(name: string): Entry | undefined {
    const known = this.#byName.get(name)
    if (known) return known
    if (this.#byName.size >= this.limits.queues) return undefined
    const { queueMessages, queueBytes } = this.limits
    const queue = new Queue(name, { messages: queueMessages, bytes: queueBytes }, this.#schedule)
    const entry = { queue, consumers: 0 }
    this.#byName.set(name, entry)
    return entry
  }

  #tooMany(): string {
    return `the broker holds ${this.#byName.size} queues already`
  }
}
