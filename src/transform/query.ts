import { SerializeError } from '../core/errors/operation.js'
import type { Query } from '../core/settings/transform.js'
import type { Value } from '../core/value.js'
import { JqLimitError, NotCompiled } from './jq/errors.js'
import { JqProgram } from './jq/program.js'
import type { Json } from './jq/values/json.js'
import { type Later, then } from './later.js'

/** Runs queries that are not compiled. */
export interface SlowPath {
  /**
   * Runs a query over several inputs.
   * @returns the results for each input
   * @throws JqError, JqLimitError of the first input that fails
   */
  run(query: Query, inputs: readonly Json[]): Promise<readonly (readonly Json[])[]>
}

/** The reason of an item whose result has come too late. */
export const CLOSED = 'the pipeline is closed'

interface QueryDependencies {
  readonly now: () => number
  readonly nextTurn: (task: () => void) => void
  /** Called if the query is not compiled. */
  readonly slow: () => SlowPath
  /** Whether results that come later are of no use. */
  readonly isClosed: () => boolean
}

/** A query that is ready to run, either compiled or on the slow path. */
export class QueryRunner {
  readonly #run: (inputs: readonly Json[]) => Later<readonly (readonly Json[])[]>
  readonly #name: string

  /**
   * @param name for messages
   * @throws JqSyntaxError
   */
  constructor(name: string, query: Query, { now, nextTurn, slow, isClosed }: QueryDependencies) {
    this.#name = name
    const program = compile(query, now)
    if (program !== undefined) {
      const turns = new Turns(nextTurn)
      this.#run = (inputs) =>
        turns.run((isLate) => {
          if (isLate && isClosed()) throw new Error(CLOSED)
          return inputs.map((input) => program.run(input))
        })
    } else {
      const path = slow()
      this.#run = async (inputs) => {
        const results = await path.run(query, inputs)
        // Steps that are closed must hold nothing any more.
        if (isClosed()) throw new Error(CLOSED)
        return results
      }
    }
  }

  /** Returns all results for each input. @throws SerializeError, also as a rejection */
  all(inputs: readonly Value[]): Later<readonly (readonly Value[])[]> {
    try {
      const results = this.#run(inputs as readonly Json[])
      return results instanceof Promise ? results.catch((error: unknown) => this.#fail(error)) : results
    } catch (error) {
      return this.#fail(error)
    }
  }

  /** Returns the only result for each input. @throws SerializeError if there is none, or another */
  one(inputs: readonly Value[]): Later<readonly Value[]> {
    return then(this.all(inputs), (results) =>
      results.map((values) => {
        if (values.length === 1) return values[0] as Value
        return this.#fail(new Error(`expected one result, found ${values.length}`))
      }),
    )
  }

  #fail(error: unknown): never {
    const reason = error instanceof Error ? error.message : String(error)
    throw new SerializeError(`${this.#name}: ${reason}`, { cause: error })
  }
}

function compile({ text, limits }: Query, now: () => number): JqProgram | undefined {
  try {
    return new JqProgram(text, { limits, now })
  } catch (error) {
    if (error instanceof NotCompiled) return undefined
    throw error
  }
}

/**
 * Runs a query in the turn of its message. After a run that used up its steps, the next ones have a turn of the event
 * loop each, so that many such messages do not stop the heartbeat.
 */
class Turns {
  readonly #nextTurn: (task: () => void) => void
  #last: Promise<unknown> | undefined

  constructor(nextTurn: (task: () => void) => void) {
    this.#nextTurn = nextTurn
  }

  /** @param work gets whether it runs in a later turn */
  run<T>(work: (isLate: boolean) => T): Later<T> {
    if (this.#last !== undefined) return this.#later(work)
    try {
      return work(false)
    } catch (error) {
      if (error instanceof JqLimitError) void this.#later(() => {})
      throw error
    }
  }

  #later<T>(work: (isLate: boolean) => T): Promise<T> {
    const turn = (this.#last ?? Promise.resolve()).then(
      () => new Promise<void>((resolve) => this.#nextTurn(resolve)),
    )
    const result = turn.then(() => work(true))
    const last = result.then(
      () => {},
      () => {},
    )
    this.#last = last
    void last.then(() => {
      if (this.#last === last) this.#last = undefined
    })
    return result
  }
}
