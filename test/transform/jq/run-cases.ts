import { parentPort } from 'node:worker_threads'
import { JqSyntaxError, NotCompiled } from '../../../src/transform/jq/errors.js'
import { JqProgram } from '../../../src/transform/jq/program.js'
import { equal } from '../../../src/transform/jq/values/compare.js'
import type { Json } from '../../../src/transform/jq/values/json.js'
import { parseJson } from '../../../src/transform/jq/values/parse.js'
import { type JqCase, readCases } from './case-files.js'

/** What came of a case, by its place. */
export interface CaseOutcome {
  readonly place: string
  readonly program: string
  /** Why it did not hold. */
  readonly fault?: string
}

/** Runs all cases on the stack of a worker thread, as an actor would. */
parentPort?.postMessage(
  readCases().map((one): CaseOutcome => {
    const fault = faultOf(one)
    return { place: `${one.file}:${one.line}`, program: one.program, ...(fault !== undefined && { fault }) }
  }),
)

function faultOf({ program, run }: JqCase): string | undefined {
  const results: Json[] = []
  try {
    const compiled = new JqProgram(program, { now: Date.now, env: { PAGER: 'less' } })
    if (run === undefined) return 'it compiled'
    compiled.each(parseJson(run.input), (value) => results.push(value))
  } catch (error) {
    if (run === undefined && error instanceof JqSyntaxError) return undefined
    if (error instanceof NotCompiled) return `not compiled: ${error.message}`
    // A case may end with an error after its results.
    if (run === undefined || results.length !== run.results.length) return String(error)
  }
  const expected = run.results.map((text) => parseJson(text))
  const holds =
    expected.length === results.length && expected.every((value, at) => equal(value, results[at] as Json))
  return holds ? undefined : `it gave ${JSON.stringify(results).slice(0, 200)}`
}
