import type { ByteBudget } from '../../core/byte-budget.js'
import { Deque } from '../../core/deque.js'
import type { Delivery } from './delivery.js'

/** Messages that arrived before they were requested. Their bytes are counted in the actor's budget. */
export class Backlog {
  readonly #deliveries = new Deque<Delivery>()
  readonly #budget: ByteBudget

  constructor(budget: ByteBudget) {
    this.#budget = budget
  }

  get size(): number {
    return this.#deliveries.size
  }

  push(delivery: Delivery): void {
    this.#budget.take(delivery.payload.byteLength)
    this.#deliveries.push(delivery)
  }

  /** Removes the oldest message. */
  shift(): Delivery | undefined {
    const delivery = this.#deliveries.shift()
    if (delivery !== undefined) this.#budget.give(delivery.payload.byteLength)
    return delivery
  }

  takeAll(): Delivery[] {
    const all: Delivery[] = []
    for (let next = this.shift(); next !== undefined; next = this.shift()) all.push(next)
    return all
  }
}
