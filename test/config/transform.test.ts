import { expect, test } from 'vitest'
import { transforms as schema } from '../../src/config/schema/transform.js'
import { queriesOf } from '../../src/core/settings/transform.js'
import { checkQuery } from '../../src/transform/jq/check.js'

const limits = { steps: 1_000_000, output: 16 * 1024 * 1024, depth: 1_000, timeMs: 5_000 }
const query = (text: string) => ({ text, limits })

test('one transform and a list of them are read alike, with their defaults', () => {
  expect(schema.parse({ type: 'jq', query: '.' })).toEqual([{ type: 'jq', query: query('.') }])
  expect(schema.parse([{ type: 'window', size: '10s' }])).toEqual([
    { type: 'window', size: { ms: 10_000 }, slide: { ms: 10_000 }, limit: 10_000 },
  ])
  expect(schema.parse([{ type: 'join', with: 'data.rates' }])).toEqual([
    { type: 'join', with: 'rates', as: 'rates', missing: 'null' },
  ])
  expect(schema.parse({ type: 'debounce', wait: '1s', max_wait: '2s', by: '.id' })).toEqual([
    { type: 'debounce', waitMs: 1_000, maxWaitMs: 2_000, by: query('.id'), limit: 10_000 },
  ])
})

test.each([
  [{ type: 'jq', query: '.a' }, { query: '.a' }],
  [{ type: 'filter', expr: '.a' }, { expr: '.a' }],
  [{ type: 'map', expr: '.a' }, { expr: '.a' }],
  [
    { type: 'select', fields: { a: '.b', c: '.d' } },
    { 'fields.a': '.b', 'fields.c': '.d' },
  ],
  [{ type: 'flatten' }, {}],
  [{ type: 'sort', by: '.a' }, { by: '.a' }],
  [{ type: 'distinct' }, { by: '.' }],
  [
    { type: 'aggregate', by: '.k', fields: { s: { sum: '.n' } } },
    { by: '.k', 'fields.s.sum': '.n' },
  ],
  [{ type: 'throttle', interval: '1s' }, {}],
  [{ type: 'debounce', wait: '1s', by: '.a' }, { by: '.a' }],
])('%j has the queries %j', (block, queries) => {
  const [settings] = schema.parse(block)
  const found = queriesOf(settings!).map(({ path, query }) => [path.join('.'), query.text])
  expect(Object.fromEntries(found)).toEqual(queries)
})

test('a check tells faults from the slow path', () => {
  expect(checkQuery('.a')).toEqual({})
  expect(checkQuery('.a | tgamma').slow).toBe('uses "tgamma/0"')
  expect(checkQuery('.a |').fault).toMatch(/at character 5$/)
  expect(checkQuery('include "a"; .').fault).toMatch(/modules are not available$/)
})
