import type { ByteBudget } from '../core/byte-budget.js'
import type { Item } from './item.js'
import { sizeOf } from './size.js'

/** Memory of an item beside its value. */
const OVERHEAD_BYTES = 100

/** An item that a step holds, counted in the budget of the actor. */
export class Held {
  readonly item: Item
  readonly #bytes: number
  readonly #budget: ByteBudget

  constructor(item: Item, budget: ByteBudget) {
    this.item = item
    this.#budget = budget
    this.#bytes = sizeOf(item.value) + OVERHEAD_BYTES
    budget.take(this.#bytes)
  }

  /** Ends the hold. Called once. @returns the item */
  give(): Item {
    this.#budget.give(this.#bytes)
    return this.item
  }
}
