import type { ByteBudget } from '../../core/byte-budget.js'
import type { Headers } from '../../core/value.js'
import { nameFault } from './check.js'
import type { MemoryLimits } from './limits.js'
import { Queue } from './queue.js'
import { RecentOperations } from './recent-operations.js'
import type { Schedule } from './schedule.js'

interface Entry {
  readonly queue: Queue
  consumers: number
}

/** The queues by name. One exists while it has messages or consumers. */
export class Queues {
  readonly limits: MemoryLimits
  readonly #schedule: Schedule
  readonly #budget: ByteBudget
  readonly #recent = new RecentOperations()
  readonly #byName = new Map<string, Entry>()
  readonly #prefix: string
  #ids = 0

  /** @param prefix sets the ids of this broker apart from those of its predecessors. */
  constructor(limits: MemoryLimits, schedule: Schedule, budget: ByteBudget, prefix: string) {
    this.limits = limits
    this.#schedule = schedule
    this.#budget = budget
    this.#prefix = prefix
  }

  /** Messages of the queue that are not settled. */
  messages(name: string): number {
    return this.#byName.get(name)?.queue.messages ?? 0
  }

  /**
   * Keeps a message once, however often the same operation asks for it.
   * @returns the id of the message, or why it was not taken.
   */
  enqueue(
    name: string,
    payload: Uint8Array,
    headers: Headers | undefined,
    delayMs: number,
    operation?: string,
  ): { readonly id: string } | { readonly refusal: string } {
    const known = this.#recent.find(operation)
    if (known !== undefined) return { id: known }
    const entry = this.#open(name)
    if (typeof entry === 'string') return { refusal: entry }
    const id = `${this.#prefix}-${++this.#ids}`
    const refusal = entry.queue.add(id, payload, headers, delayMs)
    if (refusal === undefined) {
      this.#recent.add(operation, id)
      return { id }
    }
    this.release(entry.queue)
    return { refusal }
  }

  /** A consumer joins. @returns the queue, or why not. */
  enter(name: string): Queue | string {
    const entry = this.#open(name)
    if (typeof entry === 'string') return entry
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

  #open(name: string): Entry | string {
    const known = this.#byName.get(name)
    if (known) return known
    const fault = nameFault(name)
    if (fault) return fault
    if (this.#byName.size >= this.limits.queues) return `the broker holds ${this.#byName.size} queues already`
    const { queueMessages, queueBytes } = this.limits
    const capacity = { messages: queueMessages, bytes: queueBytes }
    const queue = new Queue(name, capacity, this.#schedule, this.#budget)
    const entry = { queue, consumers: 0 }
    this.#byName.set(name, entry)
    return entry
  }
}
