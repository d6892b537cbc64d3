import type { ByteBudget } from '../../core/byte-budget.js'
import { Deque } from '../../core/deque.js'
import type { Value } from '../../core/value.js'
import { RESULT_WINDOW } from './line.js'
import type { Outbox } from './outbox.js'

interface Waiting {
  readonly id: number
  readonly value: Value
  readonly weight: number
  readonly onSent: () => void
}

/** Sends the results of one client's calls within its window. Further results wait, and their servers with them. */
export class Results {
  readonly #out: Outbox
  readonly #budget: ByteBudget
  readonly #waiting = new Deque<Waiting>()
  #onTheWay = 0

  /** @param budget counts the results that wait */
  constructor(out: Outbox, budget: ByteBudget) {
    this.#out = out
    this.#budget = budget
  }

  /** Sends a result when there is room. @param onSent called once, also when the client has left */
  add(id: number, value: Value, weight: number, onSent: () => void): void {
    if (this.#waiting.size === 0 && this.#onTheWay < RESULT_WINDOW)
      return this.#send(id, value, weight, onSent)
    this.#budget.take(weight)
    this.#waiting.push({ id, value, weight, onSent })
  }

  /** Handles credit. @returns the client's protocol violation, if any */
  took(weight: number): string | undefined {
    if (weight > this.#onTheWay) return 'returned more credit for results than it was sent'
    this.#onTheWay -= weight
    while (this.#waiting.size > 0 && this.#onTheWay < RESULT_WINDOW) {
      const next = this.#waiting.shift()!
      this.#budget.give(next.weight)
      this.#send(next.id, next.value, next.weight, next.onSent)
    }
    return undefined
  }

  /** Drops the results that wait, because the client has left. */
  close(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#budget.give(next.weight)
      next.onSent()
    }
  }

  #send(id: number, value: Value, weight: number, onSent: () => void): void {
    this.#onTheWay += weight
    this.#out.send({ op: 'result', id, value, weight })
    onSent()
  }
}
