import { describe, expect, test } from 'vitest'
import { TestPipeline } from './support.js'

const ticks = (...prices: readonly number[]) => prices.map((price) => ({ price }))

describe('jq', () => {
  test('makes a message of each result', () => {
    const made = new TestPipeline({ type: 'jq', query: '.[]' })
    expect(made.push([1, 2], [], [3])).toEqual([1, 2, 3])
    expect(made.kinds).toEqual(['taken', 'filtered', 'taken'])
  })

  test('fails a message alone, with the query and the reason', () => {
    const made = new TestPipeline({ type: 'jq', query: '.a.b' })
    expect(made.push({ a: { b: 1 } }, { a: 1 }, { a: { b: 2 } })).toEqual([1, 2])
    expect(made.kinds).toEqual(['taken', 'failed', 'taken'])
    expect(made.error(1)).toMatch(/^jq \(.a.b\): Cannot index number/)
  })

  test('emits nothing of a message that fails after its first results', () => {
    const made = new TestPipeline([
      { type: 'jq', query: '.[]' },
      { type: 'map', expr: '. + 1', each: 'message' },
    ])
    expect(made.push([1, 'text'])).toEqual([])
    expect(made.kinds).toEqual(['failed'])
  })

  test('passes bytes on', () => {
    const made = new TestPipeline({ type: 'jq', query: '{id, bytes: .payload}' })
    const payload = new Uint8Array([1, 2, 3])
    expect(made.push({ id: 1, payload })).toEqual([{ id: 1, bytes: payload }])
    const large = new Uint8Array(20 * 1024 * 1024)
    made.push({ id: 2, payload: large })
    expect(made.error(1)).toMatch(/larger than/)
  })

  test.each([
    [{ steps: 100 }, 'last(range(1000))', /more than 100 steps/],
    [{ output: 100 }, '"x" * 200', /larger than 100/],
    [{ depth: 3 }, '[[[[1]]]]', /nested too deeply/],
  ])('ends at the limit %j', (limits, query, message) => {
    const made = new TestPipeline({ type: 'jq', query, limits })
    expect(made.push(null)).toEqual([])
    expect(made.error(0)).toMatch(message)
  })
})

describe('filter', () => {
  test('keeps messages', () => {
    const made = new TestPipeline({ type: 'filter', expr: '.price > 10' })
    expect(made.push(...ticks(5, 15))).toEqual(ticks(15))
    expect(made.kinds).toEqual(['filtered', 'taken'])
  })

  test('keeps elements of an array', () => {
    expect(new TestPipeline({ type: 'filter', expr: '. > 1' }).push([1, 2, 3])).toEqual([[2, 3]])
  })

  test('keeps whole arrays if each is "message"', () => {
    const made = new TestPipeline({ type: 'filter', expr: 'length > 1', each: 'message' })
    expect(made.push([1], [1, 2])).toEqual([[1, 2]])
  })

  test('takes no result for false', () => {
    expect(new TestPipeline({ type: 'filter', expr: 'empty' }).push(1)).toEqual([])
  })
})

describe('map', () => {
  test('replaces messages and elements', () => {
    const made = new TestPipeline({ type: 'map', expr: '.price' })
    expect(made.push({ price: 1 }, ticks(2, 3))).toEqual([1, [2, 3]])
  })

  test.each(['empty', '1, 2'])('needs one result: %s', (expr) => {
    const made = new TestPipeline({ type: 'map', expr })
    expect(made.push(1)).toEqual([])
    expect(made.error(0)).toMatch(/expected one result, found [02]/)
  })

  test('needs an array if each is "element"', () => {
    const made = new TestPipeline({ type: 'map', expr: '.', each: 'element' })
    made.push({ a: 1 })
    expect(made.error(0)).toMatch('expected an array, found an object')
  })
})

describe('select', () => {
  test('keeps named fields', () => {
    const made = new TestPipeline({ type: 'select', fields: ['id', 'new'] })
    expect(made.push({ id: 1, old: 2 })).toEqual([{ id: 1, new: null }])
  })

  test('computes fields', () => {
    const made = new TestPipeline({ type: 'select', fields: { id: '.user.id', twice: '.n * 2' } })
    expect(made.push({ user: { id: 7 }, n: 2 }, [{ user: { id: 8 }, n: 3 }])).toEqual([
      { id: 7, twice: 4 },
      [{ id: 8, twice: 6 }],
    ])
  })
})

describe('flatten', () => {
  test('makes a message of each element', () => {
    const made = new TestPipeline({ type: 'flatten' })
    expect(made.push([1, [2]], [])).toEqual([1, [2]])
    expect(made.kinds).toEqual(['taken', 'filtered'])
  })

  test('opens nested arrays down to the depth', () => {
    const made = new TestPipeline({ type: 'flatten', depth: 2 })
    expect(made.push([1, [2, [3]]])).toEqual([1, 2, [3]])
  })

  test('needs an array', () => {
    const made = new TestPipeline({ type: 'flatten' })
    made.push('text')
    expect(made.error(0)).toBe('flatten: expected an array, found a string')
  })
})

describe('sort', () => {
  test('sorts by a key and keeps the order of equal keys', () => {
    const given = [
      { k: 2, n: 1 },
      { k: 1, n: 2 },
      { k: 2, n: 3 },
    ]
    const [a, b, c] = given
    expect(new TestPipeline({ type: 'sort', by: '.k' }).push(given)).toEqual([[b, a, c]])
    expect(new TestPipeline({ type: 'sort', by: '.k', order: 'desc' }).push(given)).toEqual([[a, c, b]])
    expect(given).toEqual([a, b, c])
  })

  test('refuses a longer array than its limit', () => {
    const made = new TestPipeline({ type: 'sort', limit: 2 })
    expect(made.push([3, 2, 1], [2, 1])).toEqual([[1, 2]])
    expect(made.error(0)).toBe('sort: the array has 3 elements, but the limit is 2')
  })
})

describe('distinct', () => {
  test('drops messages with a known key', () => {
    const made = new TestPipeline({ type: 'distinct', by: '.id' })
    expect(made.push({ id: 1 }, { id: 1, again: true }, { id: '1' })).toEqual([{ id: 1 }, { id: '1' }])
    expect(made.kinds).toEqual(['taken', 'filtered', 'taken'])
  })

  test('forgets the oldest key beyond its limit, and keys after a time', async () => {
    const few = new TestPipeline({ type: 'distinct', limit: 2 })
    expect(few.push(1, 2, 3, 1, 3)).toEqual([1, 2, 3, 1])
    const brief = new TestPipeline({ type: 'distinct', within: '1s' })
    expect(brief.push(1)).toEqual([1])
    await brief.advance(999)
    expect(brief.push(1)).toEqual([])
    await brief.advance(1)
    expect(brief.push(1)).toEqual([1])
  })

  test('lets a message through again that failed', () => {
    const made = new TestPipeline({ type: 'distinct' })
    made.pipeline.push(100, 'a')
    made.outputs.splice(0)[0]!.settle({ kind: 'failed', isPermanent: false })
    expect(made.push('a', 'a')).toEqual(['a'])
  })

  test('removes repetitions within an array only', () => {
    const made = new TestPipeline({ type: 'distinct' })
    expect(made.push([2, 1, 2], [1])).toEqual([[2, 1], [1]])
  })

  test('gives its memory back', () => {
    const made = new TestPipeline({ type: 'distinct', limit: 2 })
    made.push('a', 'b', 'c')
    expect(made.budget.held).toBeGreaterThan(0)
    made.pipeline.close()
    expect(made.budget.held).toBe(0)
  })
})

describe('aggregate', () => {
  const fields = {
    n: { count: '.' },
    total: { sum: '.price' },
    mean: { avg: '.price' },
    low: { min: '.price' },
    high: { max: '.price' },
    open: { first: '.price' },
    close: { last: '.price' },
  }

  test('aggregates the elements of an array', () => {
    const made = new TestPipeline({ type: 'aggregate', fields })
    const none = { n: 0, total: 0, mean: null, low: null, high: null, open: null, close: null }
    expect(made.push(ticks(2, 4, 3), [])).toEqual([
      { n: 3, total: 9, mean: 3, low: 2, high: 4, open: 2, close: 3 },
      none,
    ])
  })

  test('aggregates all messages so far, by key', () => {
    const made = new TestPipeline({ type: 'aggregate', by: '.s', fields: { total: { sum: '.n' } } })
    const given = [
      { s: 'a', n: 1 },
      { s: 'b', n: 2 },
      { s: 'a', n: 3 },
    ]
    expect(made.push(...given)).toEqual([
      { key: 'a', total: 1 },
      { key: 'b', total: 2 },
      { key: 'a', total: 4 },
    ])
    expect(made.push(given)).toEqual([
      [
        { key: 'a', total: 4 },
        { key: 'b', total: 2 },
      ],
    ])
  })

  test('does not count a message that fails', () => {
    const made = new TestPipeline({
      type: 'aggregate',
      fields: { n: { count: '.' }, total: { sum: '.price' } },
    })
    expect(made.push({ price: 1 }, { price: 'much' }, { price: 2 })).toEqual([
      { n: 1, total: 1 },
      { n: 2, total: 3 },
    ])
    expect(made.error(1)).toBe('sum: expected a number, found a string')
  })

  test('forgets the group that was unused for longest', () => {
    const made = new TestPipeline({ type: 'aggregate', by: '.', fields: { n: { count: '.' } }, limit: 2 })
    expect(made.push('a', 'b', 'a', 'c', 'b', 'a').map((each) => (each as { n: number }).n)).toEqual([
      1, 1, 2, 1, 1, 1,
    ])
    expect(made.push(['a', 'b', 'c'])).toEqual([])
  })
})

describe('window', () => {
  test('of a number of messages tumbles', () => {
    const made = new TestPipeline({ type: 'window', size: 2 })
    expect(made.push(1)).toEqual([])
    expect(made.kinds).toEqual([undefined])
    expect(made.push(2, 3)).toEqual([[1, 2]])
    expect(made.kinds).toEqual(['taken', 'taken', undefined])
    made.pipeline.flush()
    expect(made.take()).toEqual([[3]])
  })

  test('of a number of messages slides', () => {
    const made = new TestPipeline({ type: 'window', size: 3, slide: 1 })
    expect(made.push(1, 2, 3, 4)).toEqual([
      [1, 2, 3],
      [2, 3, 4],
    ])
    expect(made.kinds).toEqual(['taken', 'taken', undefined, undefined])
    made.pipeline.close()
    expect(made.kinds).toEqual(['taken', 'taken', 'returned', 'returned'])
  })

  test('of a period begins with the first message', async () => {
    const made = new TestPipeline({ type: 'window', size: '10s' })
    made.push(1)
    expect(await made.advance(4_000)).toEqual([])
    made.push(2)
    expect(await made.advance(6_000)).toEqual([[1, 2]])
    expect(await made.advance(60_000)).toEqual([])
    made.push(3)
    expect(await made.advance(10_000)).toEqual([[3]])
    expect(made.kinds).toEqual(['taken', 'taken', 'taken'])
  })

  test('of a period slides', async () => {
    const made = new TestPipeline({ type: 'window', size: '10s', slide: '5s' })
    made.push('a')
    expect(await made.advance(5_000)).toEqual([['a']])
    made.push('b')
    expect(await made.advance(5_000)).toEqual([['a', 'b']])
    made.push('c')
    expect(await made.advance(5_000)).toEqual([['b', 'c']])
    expect(await made.advance(5_000)).toEqual([['c']])
    expect(await made.advance(50_000)).toEqual([])
    expect(made.kinds).toEqual(['taken', 'taken', 'taken'])
    expect(made.clock.pending).toEqual([])
  })

  test('of a period closes early at its limit, and when memory is short', async () => {
    const made = new TestPipeline({ type: 'window', size: '10s', limit: 2 })
    expect(made.push(1, 2, 3)).toEqual([[1, 2]])
    expect(await made.advance(10_000)).toEqual([[3]])
    made.budget.take(2e9)
    expect(made.push(4)).toEqual([[4]])
  })
})

describe('throttle', () => {
  test('passes the first message and at the end of the interval the newest', async () => {
    const made = new TestPipeline({ type: 'throttle', interval: '1s' })
    expect(made.push(1, 2, 3)).toEqual([1])
    expect(await made.advance(999)).toEqual([])
    expect(await made.advance(1)).toEqual([3])
    expect(made.push(4)).toEqual([])
    expect(await made.advance(1_000)).toEqual([4])
    await made.advance(1_000)
    expect(made.push(5)).toEqual([5])
    expect(made.kinds).toEqual(['taken', 'filtered', 'taken', 'taken', 'taken'])
  })

  test('drops all but the first without trailing', async () => {
    const made = new TestPipeline({ type: 'throttle', interval: '1s', trailing: false })
    expect(made.push(1, 2)).toEqual([1])
    expect(await made.advance(1_000)).toEqual([])
    expect(made.push(3)).toEqual([3])
    expect(made.clock.pending).toEqual([])
  })

  test('has an interval for each key, and forgets keys beyond its limit', () => {
    const made = new TestPipeline({ type: 'throttle', interval: '1s', by: '.[:1]', limit: 2 })
    expect(made.push('a1', 'b1', 'a2')).toEqual(['a1', 'b1'])
    expect(made.push('c1', 'd1')).toEqual(['c1', 'a2', 'd1'])
    made.pipeline.close()
    expect(made.clock.pending).toEqual([])
    expect(made.budget.held).toBe(0)
  })
})

describe('debounce', () => {
  test('passes the newest message after a pause', async () => {
    const made = new TestPipeline({ type: 'debounce', wait: '1s' })
    made.push(1)
    expect(await made.advance(900)).toEqual([])
    made.push(2)
    expect(await made.advance(999)).toEqual([])
    expect(await made.advance(1)).toEqual([2])
    expect(made.kinds).toEqual(['filtered', 'taken'])
  })

  test('waits no longer than max_wait', async () => {
    const made = new TestPipeline({ type: 'debounce', wait: '1s', max_wait: '2s' })
    made.push(0)
    for (let n = 1; n <= 3; n++) {
      expect(await made.advance(500)).toEqual([])
      made.push(n)
    }
    expect(await made.advance(500)).toEqual([3])
  })

  test('waits for each key, and passes the oldest beyond its limit', async () => {
    const made = new TestPipeline({ type: 'debounce', wait: '1s', by: '.[:1]', limit: 2 })
    expect(made.push('a1', 'b1', 'a2', 'c1')).toEqual(['b1'])
    expect(await made.advance(1_000)).toEqual(['a2', 'c1'])
    expect(made.budget.held).toBe(0)
  })
})

describe('join', () => {
  test('adds the newest value', () => {
    const made = new TestPipeline({ type: 'join', with: 'data.rates', as: 'rate' })
    expect(made.push({ n: 1 })).toEqual([{ n: 1, rate: null }])
    made.pipeline.update('rates', 2)
    made.pipeline.update('rates', 3)
    expect(made.push({ n: 2 })).toEqual([{ n: 2, rate: 3 }])
  })

  test.each([
    ['drop', 'filtered'],
    ['fail', 'failed'],
  ])('without a value it can %s', (missing, kind) => {
    const made = new TestPipeline({ type: 'join', with: 'rates', missing })
    expect(made.push({})).toEqual([])
    expect(made.kinds).toEqual([kind])
  })

  test('needs an object', () => {
    const made = new TestPipeline({ type: 'join', with: 'rates' })
    made.push([1])
    expect(made.error(0)).toBe('join: expected an object, found an array')
  })
})
