import { type Jq, loadJq } from 'jq-wasm'
import type { Query } from '../../core/settings/transform.js'
import { JqLimitError } from '../jq/errors.js'
import { checkResults } from '../jq/program.js'
import type { Json } from '../jq/values/json.js'
import { parseJson } from '../jq/values/parse.js'
import type { JqAnswer, JqOutcome, JqRequest } from './protocol.js'

/** The shortest result, with what is written around it. */
const SHORTEST_RESULT = 4

/** Runs queries in jq itself, compiled to WebAssembly. */
export class JqEngine {
  #jq: Jq

  private constructor(jq: Jq) {
    this.#jq = jq
  }

  static async load(): Promise<JqEngine> {
    return new JqEngine(await loadJq())
  }

  /** Runs a query over several inputs in one call of jq. */
  async run({ query, inputs }: JqRequest): Promise<JqAnswer> {
    try {
      const { stdout, stderr } = this.#jq.raw(inputs, programOf(query), ['-c'])
      const count = (parseJson(inputs) as readonly Json[]).length
      return { kind: 'outcomes', outcomes: outcomesOf(stdout, stderr, count, query) }
    } catch (error) {
      // An instance that has thrown is not usable again.
      this.#jq = await loadJq()
      return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
    }
  }
}

/** How many results an input may have: with as many they would be larger than the limit. */
function mostResults({ limits }: Query): number {
  return Math.ceil(limits.output / SHORTEST_RESULT) + 1
}

/**
 * A program that runs the query for each element of its input and marks each result with the number of the element.
 * As in a compiled query, the environment is empty and nothing can end the process.
 */
function programOf(query: Query): string {
  return `def env: {};
def input_filename: null;
def input_line_number: 0;
def halt: error("halt is not available");
def halt_error: error("halt_error is not available");
def halt_error($code): error("halt_error is not available");
. as $__inputs | {} as $ENV | range($__inputs | length) as $__input
| try ($__inputs[$__input] | limit(${mostResults(query)}; ${query.text}
) | [$__input, 0, .]) catch [$__input, 1, .]`
}

/** Reads the lines that jq has written. @throws Error if jq refused the program or was cut off */
function outcomesOf(stdout: string, stderr: string, count: number, query: Query): readonly JqOutcome[] {
  if (stderr !== '') throw new Error(stderr.trim())
  const results: Json[][] = Array.from({ length: count }, () => [])
  const errors = new Map<number, Json>()
  for (const line of stdout.split('\n')) {
    if (line === '') continue
    const [input, isError, value] = parseJson(line) as [number, 0 | 1, Json]
    if (isError === 1) errors.set(input, value)
    else results[input]!.push(value)
  }
  return results.map((values, input) => {
    if (errors.has(input)) return { ok: false, error: errors.get(input)! }
    return limited(values, query)
  })
}

function limited(results: readonly Json[], query: Query): JqOutcome {
  try {
    checkResults(results, query.limits)
    return { ok: true, results }
  } catch (error) {
    if (!(error instanceof JqLimitError)) throw error
    return { ok: false, limit: error.limit as 'output' | 'depth', message: error.message }
  }
}
