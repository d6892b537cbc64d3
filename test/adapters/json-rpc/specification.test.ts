import { describe, expect, test } from 'vitest'
import type { Value } from '../../../src/core/value.js'
import { operation } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { answering } from './harness.js'

// The examples of section 7 of the JSON-RPC 2.0 specification, from the side of the client; ids are ours.
const context = operation()

describe('calls', () => {
  test.each<[string, Value, number, string]>([
    ['positional parameters', [42, 23], 19, '{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}'],
    ['the other way round', [23, 42], -19, '{"jsonrpc":"2.0","method":"subtract","params":[23,42],"id":1}'],
    [
      'named parameters',
      { subtrahend: 23, minuend: 42 },
      19,
      '{"jsonrpc":"2.0","method":"subtract","params":{"subtrahend":23,"minuend":42},"id":1}',
    ],
    [
      'named parameters in another order',
      { minuend: 42, subtrahend: 23 },
      19,
      '{"jsonrpc":"2.0","method":"subtract","params":{"minuend":42,"subtrahend":23},"id":1}',
    ],
  ])('with %s', async (_, params, expected, request) => {
    const { rpc, server } = await answering(`{"jsonrpc": "2.0", "result": ${expected}, "id": 1}`)
    expect(await rpc.call('subtract', params, context)).toBe(expected)
    expect(server.requests.map(({ method, text }) => [method, text])).toEqual([['POST', request]])
  })

  test('of a method that does not exist', async () => {
    const { rpc } = await answering(
      '{"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": 1}',
    )
    expect(await failureOf(rpc.call('foobar', undefined, context))).toMatchObject({
      kind: 'rpc',
      code: -32601,
      message: 'Method not found',
      data: undefined,
      integration: 'it',
      retryable: false,
    })
  })

  test.each([
    [-32700, 'Parse error'],
    [-32600, 'Invalid Request'],
  ])('answered with %i and no id', async (code, message) => {
    const { rpc } = await answering(
      `{"jsonrpc": "2.0", "error": {"code": ${code}, "message": "${message}"}, "id": null}`,
    )
    expect(await failureOf(rpc.call('foobar', [], context))).toMatchObject({ kind: 'rpc', code, message })
  })
})

describe('notifications', () => {
  test.each<[string, Value | undefined, string]>([
    ['update', [1, 2, 3, 4, 5], '{"jsonrpc":"2.0","method":"update","params":[1,2,3,4,5]}'],
    ['foobar', undefined, '{"jsonrpc":"2.0","method":"foobar"}'],
  ])('%s', async (method, params, request) => {
    const { rpc, server } = await answering('')
    await rpc.notify(method, params, context)
    expect(server.requests.map(({ text }) => text)).toEqual([request])
  })
})

describe('batches', () => {
  test.each([
    [-32700, 'Parse error'],
    [-32600, 'Invalid Request'],
  ])('answered as a whole with %i', async (code, message) => {
    const { rpc } = await answering(
      `{"jsonrpc": "2.0", "error": {"code": ${code}, "message": "${message}"}, "id": null}`,
    )
    const outcomes = await rpc.batch!([{ method: 'a' }, { method: 'b' }], context)
    expect(outcomes).toMatchObject([
      { ok: false, error: { kind: 'rpc', code } },
      { ok: false, error: { kind: 'rpc', code } },
    ])
  })

  test.each([1, 3])('of %i calls that the server calls invalid, without saying which', async (count) => {
    const error = '{"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null}'
    const { rpc } = await answering(`[${Array.from({ length: count }, () => error).join()}]`)
    const calls = Array.from({ length: count }, () => ({ method: 'a' }))
    const outcomes = await rpc.batch!(calls, context)
    expect(outcomes).toMatchObject(calls.map(() => ({ ok: false, error: { kind: 'rpc', code: -32600 } })))
  })

  test('of several calls', async () => {
    const { rpc, server } = await answering(`[
      {"jsonrpc": "2.0", "result": 7, "id": 1},
      {"jsonrpc": "2.0", "result": 19, "id": 2},
      {"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null},
      {"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": 3},
      {"jsonrpc": "2.0", "result": ["hello", 5], "id": 4}
    ]`)
    const outcomes = await rpc.batch!(
      [
        { method: 'sum', params: [1, 2, 4] },
        { method: 'subtract', params: [42, 23] },
        { method: 'foo.get', params: { name: 'myself' } },
        { method: 'get_data' },
      ],
      context,
    )
    expect(outcomes).toMatchObject([
      { ok: true, value: 7 },
      { ok: true, value: 19 },
      { ok: false, error: { kind: 'rpc', code: -32601 } },
      { ok: true, value: ['hello', 5] },
    ])
    expect(server.requests.map(({ text }) => JSON.parse(text))).toEqual([
      [
        { jsonrpc: '2.0', method: 'sum', params: [1, 2, 4], id: 1 },
        { jsonrpc: '2.0', method: 'subtract', params: [42, 23], id: 2 },
        { jsonrpc: '2.0', method: 'foo.get', params: { name: 'myself' }, id: 3 },
        { jsonrpc: '2.0', method: 'get_data', id: 4 },
      ],
    ])
  })

  test('answered with nothing, as if all were notifications', async () => {
    const { rpc } = await answering('', { status: 204 })
    expect(await failureOf(rpc.batch!([{ method: 'a' }], context))).toMatchObject({
      kind: 'serialize',
      message: 'empty answer (HTTP 204 No Content)',
    })
  })
})
