import type { ByteBudget } from '../core/byte-budget.js'
import type { Clock } from '../core/clock.js'
import { SerializeError } from '../core/errors/operation.js'
import type { TransformSettings } from '../core/settings/transform.js'
import type { Value } from '../core/value.js'
import type { Outcome, Output, Pipeline, PipelineDependencies } from '../transform/pipeline.js'
import type { SlowPath } from '../transform/query.js'
import type { StartJq } from '../transform/slow/batches.js'
import type { TransformCode } from './transform-code.js'

type Shown<Message> = Pick<PipelineDependencies<Message>, 'emit' | 'onRoom'> & {
  readonly settled: (message: Message, outcome: Outcome) => void
}

/**
 * Makes the pipelines of an actor. Their code is loaded for the first source with transforms, so that other actors do
 * not pay for it.
 */
export class Transforms {
  readonly #clock: Clock
  readonly #budget: ByteBudget
  readonly #loadCode: () => Promise<TransformCode>
  readonly #startJq: StartJq
  readonly #joined = new Map<string, Value>()
  readonly #open = new Set<Pick<Pipeline<never>, 'update'>>()
  #code: TransformCode | undefined
  /** Shared by all pipelines, because each has a thread. */
  #slow: SlowPath | undefined

  /** @param startJq called for the first query that is not compiled */
  constructor(clock: Clock, budget: ByteBudget, loadCode: () => Promise<TransformCode>, startJq: StartJq) {
    this.#clock = clock
    this.#budget = budget
    this.#loadCode = loadCode
    this.#startJq = startJq
  }

  /** Loads the code. Resolves at once after the first time. */
  async load(): Promise<void> {
    this.#code ??= await this.#loadCode()
  }

  /** Makes a pipeline. `load` must have resolved. @throws SerializeError if a query is not jq */
  make<Message>(transforms: readonly TransformSettings[], shown: Shown<Message>): Pipeline<Message> {
    const code = this.#code
    if (code === undefined) throw new Error('the code of transforms is not loaded')
    let pipeline: Pipeline<Message>
    try {
      pipeline = new code.Pipeline<Message>(transforms, {
        clock: this.#clock,
        budget: this.#budget,
        slow: () => {
          this.#slow ??= new code.JqBatches(this.#clock, this.#startJq)
          return this.#slow
        },
        ...shown,
      })
    } catch (error) {
      throw new SerializeError(`a transform is not valid: ${(error as Error).message}`, { cause: error })
    }
    for (const [name, value] of this.#joined) pipeline.update(name, value)
    this.#open.add(pipeline)
    return pipeline
  }

  /** Ends a pipeline: what it holds is settled as returned. */
  close(pipeline: Pipeline<never>): void {
    this.#open.delete(pipeline)
    pipeline.close()
  }

  /** Sets the newest value of a `data` block in all pipelines, for `join`. */
  update(name: string, value: Value): void {
    this.#joined.set(name, value)
    for (const pipeline of this.#open) pipeline.update(name, value)
  }
}

export type { Outcome, Output, Pipeline }
