import { type Budget, DEFAULT_LIMITS, type JqLimits } from './budget.js'
import { Library } from './builtins/library.js'
import { QueryCompiler, tooDeep } from './compile/compile.js'
import type { Compiled } from './compile/compiled.js'
import { Scope } from './compile/scope.js'
import { JqLimitError, type NotCompiled } from './errors.js'
import { parse } from './syntax/parser.js'
import type { Json } from './values/json.js'

export interface JqOptions {
  readonly limits?: Partial<JqLimits>
  /** The value of `$ENV` and `env`. */
  readonly env?: Readonly<Record<string, string>>
  /** The time in milliseconds since 1970, for `now`. */
  readonly now: () => number
  /** Called for each feature that is not compiled, instead of throwing. The program must not be run then. */
  readonly notCompiled?: (error: NotCompiled) => void
}

function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && /call stack/i.test(error.message)
}

function thrown(error: NotCompiled): never {
  throw error
}

/** A compiled query. Not reentrant: `emit` must not run it. */
export class JqProgram {
  readonly #filter: Compiled
  readonly #budget: Budget & { allowed: number }
  readonly #output: number
  readonly #depth: number

  /** @throws JqSyntaxError, NotCompiled */
  constructor(source: string, { limits, env, now, notCompiled = thrown }: JqOptions) {
    const { steps, output, depth } = { ...DEFAULT_LIMITS, ...limits }
    this.#budget = { steps, allowed: steps }
    this.#output = output
    this.#depth = depth
    const compiler = new QueryCompiler(
      this.#budget,
      new Library(now, notCompiled),
      new Map([['ENV', env ?? {}]]),
    )
    try {
      this.#filter = compiler.compile(parse(source), Scope.empty())
    } catch (error) {
      throw isStackOverflow(error) ? tooDeep() : error
    }
  }

  /** Returns all results. @throws JqError if the query raises an error, JqLimitError */
  run(input: Json): Json[] {
    const results: Json[] = []
    this.each(input, (value) => results.push(value))
    return results
  }

  /** Passes each result to `emit` as soon as it is computed. @throws as `run` */
  each(input: Json, emit: (value: Json) => void): void {
    this.#budget.steps = this.#budget.allowed
    let left = this.#output
    const take = (value: Json) => {
      left = charge(value, left, this.#depth)
      if (left < 0) throw tooLarge(this.#output)
      emit(value)
    }
    try {
      const { one, each } = this.#filter
      if (one) take(one(input, undefined))
      else each(input, undefined, take)
    } catch (error) {
      if (isStackOverflow(error))
        throw new JqLimitError('depth', 'the query or its input is nested too deeply')
      throw error
    }
  }
}

/** @throws JqLimitError if the results of a run exceed a limit */
export function checkResults(
  results: readonly Json[],
  { output, depth }: Pick<JqLimits, 'output' | 'depth'>,
): void {
  let left = output
  for (const value of results) left = charge(value, left, depth)
  if (left < 0) throw tooLarge(output)
}

function tooLarge(output: number): JqLimitError {
  return new JqLimitError('output', `the results are larger than ${output} characters`)
}

/**
 * Takes the characters of a value off, until there are none left.
 * @throws JqLimitError if it is nested deeper than `levels`
 */
function charge(value: Json, left: number, levels: number): number {
  if (left < 0) return left
  if (typeof value === 'string') return left - value.length - 2
  if (typeof value !== 'object' || value === null) return left - 4
  // Bytes of a payload that a path leads to.
  if (ArrayBuffer.isView(value)) return left - value.byteLength
  if (levels === 0) throw new JqLimitError('depth', 'a result is nested too deeply')
  let rest = left - 2
  if (Array.isArray(value)) for (const item of value) rest = charge(item as Json, rest, levels - 1)
  else
    for (const key in value)
      rest = charge((value as Record<string, Json>)[key] as Json, rest - key.length - 3, levels - 1)
  return rest
}
