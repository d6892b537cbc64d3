import { type Jq, loadJq } from 'jq-wasm'
import { expect, test } from 'vitest'
import { SeededRandom } from '../../../src/testing/seeded-random.js'
import { JqError, JqLimitError, NotCompiled } from '../../../src/transform/jq/errors.js'
import { JqProgram } from '../../../src/transform/jq/program.js'
import { equal } from '../../../src/transform/jq/values/compare.js'
import type { Json } from '../../../src/transform/jq/values/json.js'
import { parseJson } from '../../../src/transform/jq/values/parse.js'
import { dump } from '../../../src/transform/jq/values/text.js'
import { rounds } from '../../support/rounds.js'
import { QueryGenerator } from './generate-query.js'

const SEED = Number(process.env.NEMO_CAMPAIGN_SEED ?? Date.now() % 1_000_000)
const PAIRS = rounds(1_000, 20_000)

interface Outcome {
  readonly results: readonly Json[]
  readonly failed: boolean
}

test(`the compiled path and jq itself agree over ${PAIRS} queries and inputs (NEMO_CAMPAIGN_SEED=${SEED})`, async () => {
  const generator = new QueryGenerator(new SeededRandom(SEED))
  const jq = await loadJq()
  const differences: object[] = []
  let compared = 0
  while (compared < PAIRS) {
    const [query, input] = [generator.query(), generator.input()]
    const ours = compiled(query, input)
    if (ours === undefined) continue
    compared++
    const theirs = original(jq, query, input)
    if (!agree(ours, theirs)) differences.push({ query, input: JSON.stringify(input), ours, theirs })
  }
  expect(differences).toEqual([])
}, 600_000)

/** `undefined` where the compiled path does not take it. */
function compiled(query: string, input: Json): Outcome | undefined {
  const results: Json[] = []
  try {
    new JqProgram(query, { now: Date.now, limits: { steps: 100_000 } }).each(input, (value) =>
      results.push(value),
    )
    return { results, failed: false }
  } catch (error) {
    if (error instanceof NotCompiled || error instanceof JqLimitError) return undefined
    if (error instanceof JqError) return { results, failed: true }
    throw new Error(`${query} over ${JSON.stringify(input)}`, { cause: error })
  }
}

function original(jq: Jq, query: string, input: Json): Outcome {
  const { stdout, stderr } = jq.raw(JSON.stringify(input), query, ['-c'])
  expect(stderr, query).not.toContain('compile error')
  const lines = stdout.split('\n').filter((line) => line !== '')
  return { results: lines.map((line) => parseJson(line)), failed: stderr !== '' }
}

/** The texts of errors are held by the cases: which of two errors comes first may differ. */
function agree(ours: Outcome, theirs: Outcome): boolean {
  if (ours.failed !== theirs.failed || ours.results.length !== theirs.results.length) return false
  return ours.results.every((value, at) => equal(rounded(value), rounded(theirs.results[at] as Json)))
}

/** As jq prints it; the last digits of `exp10` and its like are not the same in all libraries of mathematics. */
function rounded(value: Json): Json {
  return JSON.parse(dump(value), (_, part) =>
    typeof part === 'number' ? Number(part.toPrecision(12)) : part,
  ) as Json
}
