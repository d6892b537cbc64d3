import { transforms as schema } from '../../src/config/schema/transform.js'
import { ByteBudget } from '../../src/core/byte-budget.js'
import type { Value } from '../../src/core/value.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import type { Outcome } from '../../src/transform/origin.js'
import { type Output, Pipeline } from '../../src/transform/pipeline.js'
import type { SlowPath } from '../../src/transform/query.js'
import type { CallFunction } from '../../src/transform/step.js'

/** A pipeline on a manual clock. The number of a message is its name. */
export class TestPipeline {
  readonly clock = new ManualClock()
  readonly budget: ByteBudget
  readonly outputs: Output<number>[] = []
  /** The outcomes of settled messages by their numbers. */
  readonly outcomes = new Map<number, Outcome>()
  readonly settledTwice: number[] = []
  readonly pipeline: Pipeline<number>
  roomCalls = 0
  #next = 0

  /** @param blocks as they are written in a configuration */
  constructor(
    blocks: unknown,
    slow?: SlowPath,
    budget = new ByteBudget(1e9),
    call: CallFunction = () => Promise.reject(new Error('there is no script')),
  ) {
    this.budget = budget
    this.pipeline = new Pipeline<number>(schema.parse(blocks), {
      clock: this.clock,
      budget,
      emit: (output) => this.outputs.push(output),
      settled: (message, outcome) => {
        if (this.outcomes.has(message)) this.settledTwice.push(message)
        this.outcomes.set(message, outcome)
      },
      slow: () => {
        if (slow === undefined) throw new Error('there is no slow path')
        return slow
      },
      call,
      onRoom: () => this.roomCalls++,
    })
  }

  /** Puts values in. @returns the values that came out, which are taken */
  push(...values: readonly Value[]): readonly Value[] {
    for (const value of values) this.pipeline.push(this.#next++, value)
    return this.take()
  }

  /** Takes all outputs. @returns their values */
  take(): readonly Value[] {
    const outputs = this.outputs.splice(0)
    for (const output of outputs) output.settle({ kind: 'taken' })
    return outputs.map(({ value }) => value)
  }

  async advance(ms: number): Promise<readonly Value[]> {
    await this.clock.advance(ms)
    return this.take()
  }

  /** The kinds of the outcomes, in the order of the messages; undefined for one that is not settled. */
  get kinds(): readonly (string | undefined)[] {
    return Array.from({ length: this.#next }, (_, message) => this.outcomes.get(message)?.kind)
  }

  error(message: number): string | undefined {
    const outcome = this.outcomes.get(message)
    return outcome?.kind === 'failed' ? outcome.error?.message : undefined
  }
}
