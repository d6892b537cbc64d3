import type { MessagePort } from 'node:worker_threads'
import type { ByteBudget } from '../core/byte-budget.js'
import type { Clock } from '../core/clock.js'
import { SerializeError } from '../core/errors/operation.js'
import type { TransformSettings } from '../core/settings/transform.js'
import type { Value } from '../core/value.js'
import type { Outcome, Output, Pipeline, PipelineDependencies } from '../transform/pipeline.js'
import type { SlowPath } from '../transform/query.js'
import type { StartJq } from '../transform/slow/batches.js'
import { ScriptLink } from './script-link.js'
import type { TransformCode } from './transform-code.js'

type Shown<Message> = Pick<PipelineDependencies<Message>, 'emit' | 'onRoom'> & {
  readonly settled: (message: Message, outcome: Outcome) => void
}

/** What transforms need of the thread. */
export interface TransformDependencies {
  /** Loads the code of transforms. Called for the first source that has some. */
  readonly loadTransforms: () => Promise<TransformCode>
  /** Starts the thread of queries that are not compiled. Called for the first one. */
  readonly startJq: StartJq
  /** Opens a channel to the scripts of the gateway. Called for the first call of a function. */
  readonly dialScripts: () => MessagePort
}

/**
 * Makes the pipelines of an actor. Their code is loaded for the first source with transforms, so that other actors do
 * not pay for it.
 */
export class Transforms {
  readonly #clock: Clock
  readonly #budget: ByteBudget
  readonly #parts: TransformDependencies
  readonly #scripts: ScriptLink
  readonly #joined = new Map<string, Value>()
  readonly #open = new Set<Pick<Pipeline<never>, 'update'>>()
  #code: TransformCode | undefined
  /** Shared by all pipelines, because each has a thread. */
  #slow: SlowPath | undefined

  constructor(clock: Clock, budget: ByteBudget, parts: TransformDependencies) {
    this.#clock = clock
    this.#budget = budget
    this.#parts = parts
    this.#scripts = new ScriptLink(clock, parts.dialScripts)
  }

  /** Loads the code. Resolves at once after the first time. */
  async load(): Promise<void> {
    this.#code ??= await this.#parts.loadTransforms()
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
          this.#slow ??= new code.JqBatches(this.#clock, this.#parts.startJq)
          return this.#slow
        },
        call: (handler, value) => this.#scripts.call(handler, value),
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
