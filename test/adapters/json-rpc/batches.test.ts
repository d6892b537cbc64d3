import { describe, expect, test } from 'vitest'
import { operation } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { send } from '../../support/http-service.js'
import { answering, connected, service } from './harness.js'

const context = operation()
const calls = [{ method: 'a' }, { method: 'b' }, { method: 'c' }]
const ok = (id: unknown, value: unknown = id) => ({ jsonrpc: '2.0', id, result: value })

async function outcomesOf(reply: unknown, status = 200, strict = true) {
  const { rpc } = await answering(JSON.stringify(reply), { status, settings: { config: { strict } } })
  return await rpc.batch!(calls, context)
}

const missing = { ok: false, error: { kind: 'serialize', integration: 'it' } }

describe('the answers of a batch', () => {
  test('may come in any order', async () => {
    expect(await outcomesOf([ok(3), ok(1), ok(2)])).toEqual([1, 2, 3].map((value) => ({ ok: true, value })))
  })

  test.each<[string, unknown]>([
    ['one is missing', [ok(1), ok(3)]],
    ['one is there twice', [ok(1), ok(2), ok(3), ok(2, 'other')]],
    ['one is there three times', [ok(1), ok(2), ok(3), ok(2), ok(2)]],
    ['one is for an unknown id', [ok(1), ok(99), ok(3)]],
    ['one is for the id as text', [ok(1), ok('2'), ok(3)]],
    ['one is for a broken id', [ok(1), ok(1.5), ok(3)]],
    ['one is no object', [ok(1), 5, ok(3)]],
    ['one has no version', [ok(1), { id: 2, result: 2 }, ok(3)]],
    ['one has neither', [ok(1), { jsonrpc: '2.0', id: 2 }, ok(3)]],
  ])('fail alone when %s', async (_, reply) => {
    expect(await outcomesOf(reply)).toMatchObject([{ ok: true, value: 1 }, missing, { ok: true, value: 3 }])
  })

  test('are all missing from an empty array', async () => {
    expect(await outcomesOf([])).toMatchObject([missing, missing, missing])
  })

  test.each<[string, unknown]>([
    ['an object that is no error', ok(1)],
    ['a broken error', { jsonrpc: '2.0', id: null, error: {} }],
    ['a number', 7],
    ['null', null],
  ])('are all malformed when there is %s in place of the array', async (_, reply) => {
    expect(await outcomesOf(reply)).toMatchObject([missing, missing, missing])
  })

  test('are taken from an error status when there are errors of the server among them', async () => {
    const error = { jsonrpc: '2.0', id: 2, error: { code: -32603, message: 'Internal error' } }
    expect(await outcomesOf([ok(1), error, ok(3)], 500)).toMatchObject([
      { ok: true, value: 1 },
      { ok: false, error: { kind: 'rpc', code: -32603 } },
      { ok: true, value: 3 },
    ])
    await expect(outcomesOf([ok(1), ok(2), ok(3)], 500)).rejects.toMatchObject({ kind: 'rpc', code: 500 })
  })
})

test.each<[string, unknown, unknown]>([
  [
    'ids as text, no version, null errors',
    ['3', '1', '2'].map((id) => ({ id, result: id, error: null })),
    ['1', '2', '3'].map((value) => ({ ok: true, value })),
  ],
  ['one answer without the array', ok(2), [missing, { ok: true, value: 2 }, missing]],
  [
    'an error of one call without the array',
    { id: 1, error: { code: -1, message: 'no' } },
    [{ ok: false, error: { kind: 'rpc', code: -1 } }, missing, missing],
  ],
  [
    'an error without an id for what has none',
    [ok(1), { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'Invalid Request' } }],
    [
      { ok: true, value: 1 },
      { ok: false, error: { code: -32600 } },
      { ok: false, error: { code: -32600 } },
    ],
  ],
])('a batch may be answered with %s', async (_, reply, expected) => {
  expect(await outcomesOf(reply, 200, false)).toMatchObject(expected as object[])
})

describe('batch_size', () => {
  const echo = () =>
    service(({ text }, response) => {
      const requests = JSON.parse(text) as { id: number; method: string }[]
      if (requests.some(({ method }) => method === 'die')) response.destroy()
      else send(response, 200, JSON.stringify(requests.map(({ id, method }) => ok(id, method))))
    })
  const methods = (...names: string[]) => names.map((method) => ({ method }))

  test('cuts a batch into requests', async () => {
    const server = await echo()
    const { rpc } = await connected(server.url, { config: { batch_size: 2 } })
    const outcomes = await rpc.batch!(methods('a', 'b', 'c', 'd', 'e'), context)
    expect(outcomes).toEqual(['a', 'b', 'c', 'd', 'e'].map((value) => ({ ok: true, value })))
    expect(server.requests.map(({ text }) => JSON.parse(text).length)).toEqual([2, 2, 1])
  })

  test('keeps the answers that it has when a later request fails', async () => {
    const server = await echo()
    const { rpc } = await connected(server.url, { config: { batch_size: 2 } })
    const outcomes = await rpc.batch!(methods('a', 'b', 'die', 'd', 'e'), context)
    const failed = { ok: false, error: { kind: 'connection' } }
    expect(outcomes).toMatchObject([
      { ok: true, value: 'a' },
      { ok: true, value: 'b' },
      failed,
      failed,
      failed,
    ])
    expect(server.requests.length).toBe(2)
  })

  test('fails as a whole when the first fails', async () => {
    const server = await echo()
    const { rpc } = await connected(server.url, { config: { batch_size: 2 } })
    expect(await failureOf(rpc.batch!(methods('die', 'b', 'c'), context))).toMatchObject({
      kind: 'connection',
    })
    expect(server.requests.length).toBe(1)
  })

  test('an empty batch asks nobody', async () => {
    const server = await echo()
    const { rpc } = await connected(server.url)
    expect(await rpc.batch!([], context)).toEqual([])
    expect(server.requests).toEqual([])
  })
})
