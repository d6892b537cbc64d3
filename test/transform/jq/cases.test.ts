import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { EXCEPTIONS } from './exceptions.js'
import type { CaseOutcome } from './run-cases.js'

const worker = new Worker(new URL('./run-cases.js', import.meta.url))
const [outcomes] = (await once(worker, 'message')) as [readonly CaseOutcome[]]

test('the compiled path holds the test cases of jq, but for those with a reason', () => {
  const isExcepted = (program: string) => Object.values(EXCEPTIONS).some((applies) => applies(program))
  const failed = outcomes.filter(({ fault }) => fault !== undefined)
  expect(failed.filter(({ program }) => !isExcepted(program))).toEqual([])
  // The figures that the documentation tells.
  expect([outcomes.length, outcomes.length - failed.length]).toEqual([879, 858])
})

test.each(Object.entries(EXCEPTIONS))('there are such cases: %s', (_, applies) => {
  const excepted = outcomes.filter(({ program }) => applies(program))
  expect(excepted).not.toEqual([])
  // Where one holds after all, the reason is not one. Programs that are to be refused are refused either way.
  expect(excepted.filter(({ fault }) => fault === undefined)).toEqual([])
})
