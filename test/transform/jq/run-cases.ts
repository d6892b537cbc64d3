import { parentPort } from 'node:worker_threads'
import { checkQuery } from '../../../src/transform/jq/check.js'
import { JqSyntaxError, NotCompiled } from '../../../src/transform/jq/errors.js'
import { JqProgram } from '../../../src/transform/jq/program.js'
import { equal } from '../../../src/transform/jq/values/compare.js'
import type { Json } from '../../../src/transform/jq/values/json.js'
import { parseJson } from '../../../src/transform/jq/values/parse.js'
import { JqEngine } from '../../../src/transform/slow/engine.js'
import { type JqCase, readCases } from './case-files.js'

/** What came of a case, by its place. */
export interface CaseOutcome {
  readonly place: string
  readonly program: string
  /** Why it did not hold on the compiled path. */
  readonly fault?: string
  /** Whether the slow path takes it, because it is not compiled, and it holds there. */
  readonly holdsSlowly?: boolean
}

/** Runs all cases on the stack of a worker thread, as an actor would. */
const engine = await JqEngine.load()
const outcomes: CaseOutcome[] = []
for (const one of readCases()) {
  const fault = faultOf(one)
  const { file, line, program } = one
  const holdsSlowly = fault !== undefined && checkQuery(program).slow !== undefined && (await holdsIn(one))
  outcomes.push({ place: `${file}:${line}`, program, ...(fault !== undefined && { fault, holdsSlowly }) })
}
parentPort?.postMessage(outcomes)

async function holdsIn({ program, run }: JqCase): Promise<boolean> {
  const limits = { steps: 1, output: 1e6, depth: 10_000, timeMs: 1 }
  const answer = await engine.run({ query: { text: program, limits }, inputs: `[${run?.input ?? 'null'}]` })
  if (run === undefined) return answer.kind === 'failed'
  const [outcome] = answer.kind === 'outcomes' ? answer.outcomes : []
  if (outcome?.ok !== true || outcome.results.length !== run.results.length) return false
  return run.results.every((text, at) => equal(parseJson(text), outcome.results[at]!))
}

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
