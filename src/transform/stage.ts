import type { ByteBudget } from '../core/byte-budget.js'
import { Deque } from '../core/deque.js'
import type { Item } from './item.js'
import { sizeOf } from './size.js'
import type { Step } from './step.js'

/** The items of one event in a step. */
interface Group {
  readonly items: readonly Item[]
  /** Undefined while the step works on them. */
  result: readonly Item[] | undefined
  readonly bytes: number
}

export interface StageDependencies {
  readonly budget: ByteBudget
  /** Receives the items of groups that had to wait, in order. */
  readonly onward: (items: readonly Item[]) => void
  /** Receives the items of a group that failed. */
  readonly failed: (items: readonly Item[], error: unknown) => void
}

const NONE: readonly Item[] = []

/** A step of a pipeline. Groups leave it in the order in which they came, also if some take longer than others. */
export class Stage {
  readonly step: Step
  readonly #parts: StageDependencies
  readonly #pending = new Deque<Group>()

  constructor(step: Step, parts: StageDependencies) {
    this.step = step
    this.#parts = parts
  }

  /** How many groups wait. */
  get pending(): number {
    return this.#pending.size
  }

  /** @returns the items for the next step; `undefined` if they follow later */
  run(items: readonly Item[]): readonly Item[] | undefined {
    const result = this.#attempt(items)
    if (!(result instanceof Promise)) {
      if (this.#pending.size === 0) return result
      this.#enter(items, result)
      return undefined
    }
    const group = this.#enter(items, undefined)
    void result.then((found) => {
      group.result = found
      this.#advance()
    })
    return undefined
  }

  #enter(items: readonly Item[], result: readonly Item[] | undefined): Group {
    const bytes = items.reduce((sum, { value }) => sum + sizeOf(value), 0)
    const group = { items, result, bytes }
    this.#pending.push(group)
    this.#parts.budget.take(bytes)
    return group
  }

  #attempt(items: readonly Item[]): readonly Item[] | Promise<readonly Item[]> {
    const fail = (error: unknown) => {
      this.#parts.failed(items, error)
      return NONE
    }
    try {
      const result = this.step.run(items)
      return result instanceof Promise ? result.catch(fail) : result
    } catch (error) {
      return fail(error)
    }
  }

  #advance(): void {
    for (;;) {
      const group = this.#pending.peek()
      if (group?.result === undefined) return
      this.#pending.shift()
      this.#parts.budget.give(group.bytes)
      this.#parts.onward(group.result)
    }
  }
}
