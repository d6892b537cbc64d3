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

/** The queues by name. A queue exists while it has messages or consumers. */
export class Queues {
  readonly limits: MemoryLimits
  readonly #schedule: Schedule
  readonly #budget: ByteBudget
  readonly #recent = new RecentOperations()
  readonly #byName = new Map<string, Entry>()
  readonly #prefix: string
  #ids = 0

  /** @param prefix distinguishes the message ids of this broker from those of its predecessors */
  constructor(limits: MemoryLimits, schedule: Schedule, budget: ByteBudget, prefix: string) {
    this.limits = limits
    this.#schedule = schedule
    this.#budget = budget
    this.#prefix = prefix
  }

  /** Number of unsettled messages of a queue. */
  messages(name: string): number {
    return this.#byName.get(name)?.queue.messages ?? 0
  }

  /**
   * Adds a message, at most once for each operation.
   * @returns the id of the message, or why it was refused
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

  /** Adds a consumer. @returns the queue, or why not */
  enter(name: string): Queue | string {
    const entry = this.#open(name)
    if (typeof entry === 'string') return entry
    entry.consumers++
    return entry.queue
  }

  /** Removes a consumer. */
  leave(queue: Queue): void {
    const entry = this.#byName.get(queue.name)
    if (entry) entry.consumers--
    this.release(queue)
  }

  /** Removes the queue if it has neither messages nor consumers. */
  release(queue: Queue): void {
    const entry = this.#byName.get(queue.name)
    if (entry?.consumers === 0 && entry.queue.messages === 0) this.#byName.delete(queue.name)
  }

  #open(name: string): Entry | string {
    const known = this.#byName.get(name)
    if (known) return known
    const fault = nameFault(name)
    if (fault) return fault
    if (this.#byName.size >= this.limits.queues)
      return `limit of queues (${this.#byName.size}) of the broker reached`
    const { queueMessages, queueBytes } = this.limits
    const capacity = { messages: queueMessages, bytes: queueBytes }
    const queue = new Queue(name, capacity, this.#schedule, this.#budget)
    const entry = { queue, consumers: 0 }
    this.#byName.set(name, entry)
    return entry
  }
}
