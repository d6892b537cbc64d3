import type { ByteBudget } from '../core/byte-budget.js'
import type { Clock } from '../core/clock.js'
import type { ScriptFunction } from '../core/settings/script.js'
import type { Query } from '../core/settings/transform.js'
import type { Value } from '../core/value.js'
import type { Item } from './item.js'
import type { Later } from './later.js'
import type { QueryRunner } from './query.js'

/** One transform of a pipeline. */
export interface Step {
  /**
   * Transforms the items of one event, all or none. It owns them once it succeeds: those that it neither returns nor
   * holds must be released.
   * @returns the items for the next step
   * @throws Error, also as a rejection; the items are then unchanged
   */
  run(items: readonly Item[]): Later<readonly Item[]>
  /** Emits what it holds, because no more items follow. */
  flush?(): void
  /** Gives up what it holds. Its timers are cancelled. @returns the items that it held */
  close?(): readonly Item[]
}

/**
 * Calls a function of a script.
 * @returns what it returns; `undefined` if it drops the message
 * @throws what it throws, and IntegrationError
 */
export type CallFunction = (handler: ScriptFunction, value: Value) => Promise<Value | undefined>

/** What a step needs from its pipeline. */
export interface StepDependencies {
  readonly clock: Clock
  readonly budget: ByteBudget
  /** Emits items of a timer to the next step. */
  readonly emit: (items: readonly Item[]) => void
  /** Prepares a query of the transform. */
  readonly query: (query: Query) => QueryRunner
  /** The newest value of a `data` block; undefined if there is none. */
  readonly joined: (data: string) => Value | undefined
  /** Calls a function of a script. Rejects if the pipeline has been closed meanwhile. */
  readonly call: CallFunction
}
