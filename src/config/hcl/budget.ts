import { type Budget, type HclValue, isObject, type Scope } from './values.js'

/**
 * The most steps that evaluating a configuration may take. A step is an expression that is evaluated, or an element
 * that is made. A few lines can ask for more than any memory holds, because a list may repeat another list.
 */
export const MAX_STEPS = 2_000_000
/** Characters of text that count as one step. */
const TEXT_PER_STEP = 64
/** Elements that a function may read for one step. */
const READ_PER_STEP = 16

/** Counts the steps of all expressions that share it. */
export class StepBudget implements Budget {
  #left = MAX_STEPS
  /** Sizes of lists and objects, which do not change once they are made. */
  readonly #sizes = new WeakMap<object, number>()
  isReported = false

  get isSpent(): boolean {
    return this.#left < 0
  }

  step(): void {
    this.#left--
  }

  /** Counts every part of the value. A part that occurs in it twice counts twice, because readers visit it twice. */
  made(value: HclValue): void {
    this.#left -= this.#sizeOf(value)
  }

  read(values: readonly HclValue[]): void {
    for (const value of values) this.#left -= Math.floor(this.#sizeOf(value) / READ_PER_STEP)
  }

  #sizeOf(value: HclValue): number {
    if (typeof value === 'string') return 1 + Math.floor(value.length / TEXT_PER_STEP)
    if (ArrayBuffer.isView(value)) return 1 + Math.floor(value.byteLength / TEXT_PER_STEP)
    if (!Array.isArray(value) && !isObject(value)) return 1
    const known = this.#sizes.get(value)
    if (known !== undefined) return known
    let size = 1
    for (const item of Array.isArray(value) ? value : Object.values(value)) size += this.#sizeOf(item)
    this.#sizes.set(value, size)
    return size
  }
}

/** Returns the budget of a scope, or a new one if the scope has none. */
export function budgetOf(scope: Scope): Budget {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent)
    if (at.budget !== undefined) return at.budget
  return new StepBudget()
}
