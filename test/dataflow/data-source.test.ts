import { expect, test } from 'vitest'
import type { ConnectionState } from '../../src/core/status.js'
import { DataSource } from '../../src/dataflow/data-source.js'

function source() {
  const state: { connection: ConnectionState } = { connection: 'connected' }
  const heard: unknown[] = []
  const made = new DataSource<number>('x', {
    mode: { kind: 'replace' },
    now: () => 1_000,
    connection: () => state.connection,
    updated: (update, previous) => heard.push([update.value, previous]),
  })
  return { source: made, state, heard }
}

test('a reader begins with the newest update, and ends with the source', async () => {
  const { source: made, heard } = source()
  made.take(1)
  made.take(2)
  const values: unknown[] = []
  const reading = (async () => {
    for await (const update of made) values.push(update.value)
  })()
  made.take(3)
  made.end()
  made.take(4)
  await reading
  expect(values).toEqual([2, 3])
  expect(heard).toEqual([
    [1, undefined],
    [2, 1],
    [3, 2],
  ])
  expect(made).toMatchObject({ value: 3, status: 'disconnected' })
})

test('a slow reader misses the oldest updates, which are counted', async () => {
  const { source: made } = source()
  const slow = made[Symbol.asyncIterator]()
  for (let i = 1; i <= 130; i++) made.take(i)
  expect(made.dropped).toBe(30)
  expect((await slow.next()).value).toMatchObject({ value: 31 })
  await slow.return?.()
  made.take(131)
  expect(made.dropped).toBe(30)
  expect(made.figures).toMatchObject({ updates: 131, readers: 0 })
})

test('a failure keeps the value, is new once, and is no update for triggers', () => {
  const { source: made, heard } = source()
  made.take(1)
  expect(made.fail(new Error('a'))).toBe(true)
  expect(made.fail(new Error('b'))).toBe(false)
  expect(made).toMatchObject({ value: 1, status: 'error' })
  expect(made.update).toMatchObject({ value: 1, error: { message: 'b' } })
  made.take(2)
  expect(made.update?.error).toBe(undefined)
  expect(heard).toHaveLength(2)
  expect(made.figures.errors).toBe(2)
})

test('the status is that of the connection until something arrives', () => {
  const { source: made, state } = source()
  expect(made.status).toBe('connecting')
  made.opened()
  expect(made.status).toBe('connected')
  state.connection = 'reconnecting'
  expect(made.status).toBe('connecting')
  state.connection = 'failed'
  expect(made.status).toBe('disconnected')
})
