import { isDeepStrictEqual } from 'node:util'
import { type Jq, loadJq } from 'jq-wasm'
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../../src/testing/seeded-random.js'
import { JqLimitError, NotCompiled } from '../../../src/transform/jq/errors.js'
import { JqProgram } from '../../../src/transform/jq/program.js'
import type { Json } from '../../../src/transform/jq/values/json.js'
import { rounds } from '../../support/rounds.js'
import { RegexGenerator } from './generate-regex.js'

const SEED = Number(process.env.NEMO_CAMPAIGN_SEED ?? Date.now() % 1_000_000)
const REGEXES = rounds(300, 5_000)

function run(query: string, input: Json, steps = 1_000_000): Json[] {
  return new JqProgram(query, { now: Date.now, limits: { steps } }).run(input)
}

describe('a search that would take very long ends with the limit of steps', () => {
  const text = `${'a'.repeat(40)}!`

  test.each([
    'test("(a|a)*$")',
    'test("(a+)+$")',
    'test("(a|aa)+$")',
    'test("a*a*a*a*a*a*a*a*b")',
    'test("(?=(a|a)*$)a")',
    'test("^(?<x>a+)+\\\\k<x>$")',
    'test("(A|a)*$"; "i")',
    '[match("(a|a)*$"; "g")]',
    'capture("(?<x>(a|a)*)$")',
    '[scan("(a|a)*$")]',
    'split("(a|a)*$"; null)',
    '[splits("(a|a)*$")]',
    'sub("(a|a)*$"; "")',
    'gsub("(a|a)*$"; "")',
    '. as $text | "(a|a)*$" as $regex | $text | test($regex)',
    'try test("(a|a)*$") catch "saved"',
  ])('%s', (query) => {
    expect(() => run(query, text)).toThrow(JqLimitError)
  })

  test('also where the time grows with the square of the text', () => {
    expect(() => run('test("a*b")', 'a'.repeat(1_000_000))).toThrow(/more than 1000000 steps/)
    expect(() => run('strptime("%n%n%n%n%n%n%n%n%nx")', ' '.repeat(1_000))).toThrow(JqLimitError)
  })

  test('also where many short searches add up', () => {
    expect(() => run('[range(1e6) | "aaaaaaaaaaaaaaaa!" | test("a*a*b")]', null)).toThrow(JqLimitError)
  })
})

test.each([
  ['test("needle [0-9]+$")', true],
  ['[match("x*needle"; "g").offset]', [200_000]],
  ['trim | length', 200_008],
  ['rtrim | length', 200_009],
  ['[scan("needle|thread")] | length', 1],
  ['gsub("\\\\s+"; "_") | length', 200_009],
])('a long text is no reason to fail: %s', (query, expected) => {
  expect(run(query, `\n${'x '.repeat(99_999)}\nneedle 42`)).toEqual([
    typeof expected === 'number' ? expect.any(Number) : expect.anything(),
  ])
})

test(`matches are those of jq itself for ${REGEXES} regular expressions (NEMO_CAMPAIGN_SEED=${SEED})`, async () => {
  const generator = new RegexGenerator(new SeededRandom(SEED))
  const jq = await loadJq()
  const differences: object[] = []
  for (let compared = 0; compared < REGEXES; ) {
    const modifiers = compared % 3 === 0 ? 'gi' : 'g'
    const query = `.[] | try [match(${JSON.stringify(generator.regex())}; "${modifiers}")] catch "error"`
    const texts = Array.from({ length: 6 }, () => generator.text())
    const ours = compiled(query, texts)
    if (ours === undefined) continue
    compared++
    const theirs = original(jq, query, texts)
    if (!isDeepStrictEqual(ours, theirs)) differences.push({ query, texts, ours, theirs })
  }
  expect(differences).toEqual([])
}, 600_000)

function compiled(query: string, texts: Json): readonly Json[] | undefined {
  try {
    return run(query, texts)
  } catch (error) {
    if (error instanceof NotCompiled || error instanceof JqLimitError) return undefined
    throw new Error(query, { cause: error })
  }
}

function original(jq: Jq, query: string, texts: Json): readonly unknown[] {
  const { stdout } = jq.raw(JSON.stringify(texts), query, ['-c'])
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}
