import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Diagnostics } from '../../../src/config/hcl/diagnostics.js'
import { parse } from '../../../src/config/hcl/index.js'
import { documents } from './documents.js'
import { mutated } from './mutations.js'
import { forget, oracle, toOracleJson } from './oracle.js'
import { SPECIFICATION } from './specification.hcl.js'
import { faults } from './support.js'

/** Compares one text with the oracle; gives the lines of both first errors if both refuse it. */
async function compare(document: string): Promise<{ ours: number; theirs: number } | undefined> {
  // The oracle refuses a heredoc whose end marker is the very end of the file; we take it.
  const text = `${document}\n`
  const diagnostics = new Diagnostics()
  const body = parse(text, 'test.hcl', diagnostics)
  const theirs = await oracle(text)
  if ('json' in theirs) {
    expect(faults(text), text).toEqual([])
    const ours = toOracleJson(body)
    if (theirs.json !== undefined) expect(ours, text).toEqual(forget(theirs.json, ours))
    return undefined
  }
  expect(diagnostics.errors, `${theirs.message} in ${text}`).not.toEqual([])
  return { ours: diagnostics.errors[0]!.line, theirs: theirs.line }
}

async function compareAll(
  texts: readonly string[],
): Promise<{ accepted: number; sameLine: number; refused: number }> {
  const counts = { accepted: 0, sameLine: 0, refused: 0 }
  for (const text of texts) {
    const lines = await compare(text)
    if (lines === undefined) counts.accepted++
    else {
      counts.refused++
      if (lines.ours === lines.theirs) counts.sameLine++
    }
  }
  return counts
}

describe("compared with HashiCorp's parser", () => {
  test('the blocks of the specification are the same', async () => {
    const counts = await compareAll(Object.values(SPECIFICATION))
    expect(counts.accepted).toBe(Object.keys(SPECIFICATION).length)
  })

  test('generated documents are the same', async () => {
    const counts = await compareAll(fc.sample(documents, { seed: 1, numRuns: 300 }))
    // Some set an argument twice, which both refuse.
    expect(counts.accepted).toBeGreaterThan(200)
    expect(counts.sameLine).toBe(counts.refused)
  })

  test.each([
    ['one mutation', 1, 300],
    ['several mutations', 4, 200],
  ])('documents with %s are refused together, nearly always at the same line', async (_, max, numRuns) => {
    const texts = fc.sample(mutated(Object.values(SPECIFICATION), { min: 1, max }), { seed: max, numRuns })
    const { accepted, refused, sameLine } = await compareAll(texts)
    expect(accepted).toBeGreaterThan(numRuns / 5)
    expect(refused).toBeGreaterThan(numRuns / 5)
    expect(sameLine / refused).toBeGreaterThanOrEqual(0.95)
  })

  test('mutated generated documents are refused together, nearly always at the same line', async () => {
    const bases = fc.sample(documents, { seed: 2, numRuns: 100 })
    const texts = fc.sample(mutated(bases, { min: 1, max: 2 }), { seed: 3, numRuns: 200 })
    const { refused, sameLine } = await compareAll(texts)
    expect(refused).toBeGreaterThan(50)
    expect(sameLine / refused).toBeGreaterThanOrEqual(0.95)
  })
})
