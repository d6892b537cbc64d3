import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { EXCEPTIONS } from './exceptions.js'
import type { CaseOutcome } from './run-cases.js'

const worker = new Worker(new URL('./run-cases.js', import.meta.url))
const [outcomes] = (await once(worker, 'message')) as [readonly CaseOutcome[]]
const page = readFileSync(new URL('../../../../docs/transforms.md', import.meta.url), 'utf8')

const slow = outcomes.filter(({ holdsSlowly }) => holdsSlowly)
const failed = outcomes.filter(({ fault, holdsSlowly }) => fault !== undefined && holdsSlowly !== true)
const compiled = outcomes.length - failed.length - slow.length

const figures = `${compiled} compiled, ${slow.length} on the slow path, of ${outcomes.length}`

test(`both paths together hold the test cases of jq, but for those with a reason: ${figures}`, () => {
  const isExcepted = (program: string) => Object.values(EXCEPTIONS).some((applies) => applies(program))
  expect(failed.filter(({ program }) => !isExcepted(program))).toEqual([])
  expect(compiled).toBeGreaterThanOrEqual(800)
})

test('the guide has the figures and the reasons', () => {
  expect(page).toContain(
    `| all cases | ${outcomes.length} |\n| compiled | ${compiled} |\n| slow path | ${slow.length} |\n| exceptions | ${failed.length} |`,
  )
  for (const [reason, applies] of Object.entries(EXCEPTIONS))
    expect(page).toContain(`- ${reason} (${failed.filter(({ program }) => applies(program)).length})`)
})

test.each(Object.entries(EXCEPTIONS))('there are such cases: %s', (_, applies) => {
  const excepted = outcomes.filter(({ program }) => applies(program))
  expect(excepted).not.toEqual([])
  // Where one holds after all, the reason is not one. Programs that are to be refused are refused either way.
  expect(excepted.filter(({ fault, holdsSlowly }) => fault === undefined || holdsSlowly)).toEqual([])
})
