import { expect, test } from 'vitest'
import { parsePath, valueAt } from '../../src/core/data-path.js'
import { FlowEvents } from '../../src/dataflow/events.js'
import { emitUpdate } from '../../src/dataflow/update-events.js'

test('the event of a path happens if the part has changed', () => {
  const events = new FlowEvents()
  const heard: unknown[] = []
  const on = (path: string) =>
    events.on({ kind: 'data', name: 'x', path: parsePath(path)! }, ({ trigger, hops }) =>
      heard.push([path, trigger, hops]),
    )
  for (const path of ['', 'items[0].price', 'other']) on(path)
  const update = (value: unknown) => ({ source: 'x', timestamp: 7, value, kind: 'full' as const })
  const first = { items: [{ price: { eur: 1 } }] }
  emitUpdate(events, update(first), undefined, ['a'])
  emitUpdate(events, update({ items: [{ price: { eur: 1 } }], other: 2 }), first, [])
  expect(heard).toEqual([
    ['', { source: 'x', value: first, previous: null, timestamp: 7 }, ['a']],
    ['items[0].price', { source: 'x', value: { eur: 1 }, previous: null, timestamp: 7 }, ['a']],
    ['', expect.objectContaining({ previous: first }), []],
    ['other', { source: 'x', value: 2, previous: null, timestamp: 7 }, []],
  ])
})

test.each<[string, readonly (string | number)[] | undefined]>([
  ['', []],
  ['a', ['a']],
  ['.a.b', ['a', 'b']],
  ['a[0][12].b-c', ['a', 0, 12, 'b-c']],
  ['["odd \\"key\\""].x', ['odd "key"', 'x']],
  ['größe', ['größe']],
  ['a..b', undefined],
  ['a[-1]', undefined],
  ['a b', undefined],
  ['["open]', undefined],
])('the path %j', (text, path) => {
  expect(parsePath(text)).toEqual(path)
})

test('only own members are read', () => {
  expect(valueAt({ a: [1, 2] }, ['a', 1])).toBe(2)
  expect(valueAt({}, ['constructor'])).toBe(undefined)
  expect(valueAt('text', ['length'])).toBe(undefined)
  expect(valueAt(null, ['a'])).toBe(undefined)
})
