import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteBudget } from '../../src/core/byte-budget.js'
import type { Value } from '../../src/core/value.js'
import { JqError } from '../../src/transform/jq/errors.js'
import { JqProgram } from '../../src/transform/jq/program.js'
import type { SlowPath } from '../../src/transform/query.js'
import { TestPipeline } from './support.js'

/** A query that the slow path runs; the one below compiles what is before the marker. */
const SLOW = '| tgamma'

/** A slow path whose answers a test releases, in order. */
class ManualSlowPath implements SlowPath {
  readonly #waiting: (() => void)[] = []

  run: SlowPath['run'] = ({ text }, inputs) =>
    new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        try {
          const program = new JqProgram(text.slice(0, -SLOW.length), { now: () => 0 })
          resolve(inputs.map((input) => program.run(input)))
        } catch (error) {
          reject(error)
        }
      })
    })

  async release(count: number): Promise<void> {
    for (const answer of this.#waiting.splice(0, count)) answer()
    await new Promise(setImmediate)
  }
}

const keys = fc.constantFrom('.', '.a', '(.b | length)', `.a? ${SLOW}`)
const each = fc.constantFrom({}, { each: 'message' }, { each: 'element' })
const query = fc.constantFrom(
  '.',
  '.[]?',
  '.a',
  '.a + 1',
  'select(.a? != 2)',
  'empty',
  'error("no")',
  '(., .)',
)
const anyQuery = fc.oneof(
  query,
  query.map((text) => `${text} ${SLOW}`),
)
const block = fc.oneof(
  anyQuery.map((text) => ({ type: 'jq', query: text })),
  fc.tuple(anyQuery, each).map(([expr, by]) => ({ type: 'filter', expr, ...by })),
  fc.tuple(anyQuery, each).map(([expr, by]) => ({ type: 'map', expr, ...by })),
  each.map((by) => ({ type: 'select', fields: ['a'], ...by })),
  fc.integer({ min: 1, max: 2 }).map((depth) => ({ type: 'flatten', depth })),
  fc.constant({ type: 'sort', limit: 3 }),
  fc.tuple(keys, each).map(([by, rest]) => ({ type: 'distinct', by, limit: 3, ...rest })),
  each.map((by) => ({ type: 'aggregate', by: '.', fields: { n: { count: '.' }, s: { sum: '.a?' } }, ...by })),
  fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })).map(([a, b]) => ({
    type: 'window',
    size: Math.max(a, b),
    slide: Math.min(a, b),
  })),
  fc.constantFrom(
    { type: 'window', size: '10ms' },
    { type: 'window', size: '10ms', slide: '3ms', limit: 5 },
    { type: 'throttle', interval: '5ms' },
    { type: 'throttle', interval: '5ms', by: '.a?', limit: 2, trailing: false },
    { type: 'debounce', wait: '5ms', max_wait: '9ms', by: '.a?', limit: 2 },
    { type: 'throttle', interval: '5ms', by: `.a? ${SLOW}`, limit: 2 },
    { type: 'debounce', wait: '5ms', by: `.a? ${SLOW}`, limit: 2 },
    { type: 'join', with: 'rates', missing: 'drop' },
    { type: 'join', with: 'rates', missing: 'fail' },
  ),
)
const leaf = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant('x'), fc.constant(null))
const value = fc.oneof(
  leaf,
  fc.array(leaf, { maxLength: 4 }),
  fc.record({ a: leaf, b: fc.array(leaf) }),
  fc.array(fc.record({ a: leaf }), { maxLength: 3 }),
)

type Act =
  | { readonly act: 'push'; readonly value: Value }
  | { readonly act: 'advance' | 'release'; readonly by: number }
  | { readonly act: 'settle'; readonly kind: 'taken' | 'failed' | 'returned'; readonly at: number }
  | { readonly act: 'update' | 'flush' | 'reset' }

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: value.map((pushed): Act => ({ act: 'push', value: pushed as Value })) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constantFrom('taken', 'failed', 'returned'), fc.nat(9)).map(([kind, at]): Act => {
      return { act: 'settle', kind: kind as 'taken', at }
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('advance', 'release'), fc.integer({ min: 1, max: 8 }))
      .map(([name, by]): Act => ({ act: name as 'advance', by })),
  },
  fc.constantFrom<Act>({ act: 'update' }, { act: 'flush' }, { act: 'reset' }),
)

test('settles each message once, and gives all memory back, whatever fails, returns or closes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(block, { minLength: 1, maxLength: 4 }),
      fc.array(act, { maxLength: 40 }),
      fc.boolean(),
      async (blocks, acts, isSmall) => {
        const slow = new ManualSlowPath()
        const made = new TestPipeline(blocks, slow, new ByteBudget(isSmall ? 2_000 : 1e9))
        let pushed = 0
        for (const each of acts) {
          if (each.act === 'push') made.pipeline.push(pushed++, each.value)
          else if (each.act === 'advance') await made.clock.advance(each.by)
          else if (each.act === 'release') await slow.release(each.by)
          else if (each.act === 'update') made.pipeline.update('rates', 1)
          else if (each.act === 'flush') made.pipeline.flush()
          else if (each.act === 'reset') made.pipeline.reset()
          else if (each.act === 'settle') {
            const [output] = made.outputs.splice(each.at % Math.max(1, made.outputs.length), 1)
            const outcome =
              each.kind === 'failed' ? { kind: each.kind, isPermanent: false } : { kind: each.kind }
            output?.settle(outcome)
            // A second settlement does nothing.
            output?.settle({ kind: 'taken' })
          }
        }
        for (const output of made.outputs.splice(0)) output.settle({ kind: 'taken' })
        made.pipeline.close()
        while (made.outcomes.size < pushed && made.budget.held > 0) {
          const before = made.outcomes.size
          await slow.release(1_000)
          if (made.outcomes.size === before) break
        }
        await slow.release(1_000)
        expect(made.settledTwice).toEqual([])
        expect(made.outputs).toEqual([])
        expect([...made.outcomes.keys()].sort((a, b) => a - b)).toEqual(
          Array.from({ length: pushed }, (_, message) => message),
        )
        expect(made.budget.held).toBe(0)
        expect(made.clock.pending).toEqual([])
      },
    ),
    { numRuns: 300 },
  )
})

test('keeps the order over the slow path', async () => {
  const slow = new ManualSlowPath()
  const made = new TestPipeline(
    [
      { type: 'jq', query: `. ${SLOW}` },
      { type: 'map', expr: '. * 2' },
    ],
    slow,
  )
  expect(made.push(1, 2, 3)).toEqual([])
  await slow.release(3)
  expect(made.take()).toEqual([2, 4, 6])
})

test('fails one message on the slow path, and not the next', async () => {
  const failing: SlowPath = {
    run: (_, inputs) => (inputs[0] === 1 ? Promise.reject(new JqError('no')) : Promise.resolve([inputs])),
  }
  const made = new TestPipeline({ type: 'jq', query: `. ${SLOW}` }, failing)
  made.push(1, 2)
  await new Promise(setImmediate)
  expect(made.take()).toEqual([2])
  expect(made.kinds).toEqual(['failed', 'taken'])
})

test('holds its source back while the slow path has too much, until there is room', async () => {
  const slow = new ManualSlowPath()
  const made = new TestPipeline({ type: 'jq', query: `. ${SLOW}` }, slow)
  let pushed = 0
  while (made.pipeline.push(pushed++, 1)) expect(pushed).toBeLessThan(10_000)
  await slow.release(pushed / 4)
  expect(made.roomCalls).toBe(0)
  await slow.release(pushed)
  expect(made.roomCalls).toBeGreaterThan(0)
})
