import { describe, expect, test } from 'vitest'
import { operation } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { answering } from './harness.js'

const context = operation()

/** Answers to a call with the id 1 in the shapes of servers in use: written from what is known of these servers. */
describe('a result as it is written by', () => {
  test.each<[string, string, Record<string, string>, unknown]>([
    ['bitcoind', '{"result":840000,"error":null,"id":1}\n', { 'content-type': 'application/json' }, 840000],
    ['deluge', '{"id": 1, "result": true, "error": null}', { 'content-type': 'application/x-json' }, true],
    ['kodi', '{"id":1,"jsonrpc":"2.0","result":"pong"}', {}, 'pong'],
    ['aria2', '{"id":"1","jsonrpc":"2.0","result":"2089b05ecca3d829"}', {}, '2089b05ecca3d829'],
    [
      'transmission-like',
      '{"jsonrpc":"2.0","result":{"a":1},"id":1.0}',
      { 'content-type': 'text/plain' },
      { a: 1 },
    ],
    ['JSON-RPC 1.0 without a result', '{"result":null,"error":null,"id":1}', {}, null],
    ['a server that leaves out what is null', '{"error":null,"id":1}', {}, null],
    ['a server without a version', '{"result":[1],"id":1}', {}, [1]],
    ['geth', '{"jsonrpc":"2.0","id":1,"result":"0x10d4f"}\n', {}, '0x10d4f'],
  ])('%s', async (_, body, headers, expected) => {
    const { rpc } = await answering(body, { headers })
    expect(await rpc.call('m', undefined, context)).toEqual(expected)
  })
})

describe('an error as it is written by', () => {
  test.each<[string, number, string, object]>([
    [
      'bitcoind',
      500,
      '{"result":null,"error":{"code":-8,"message":"Block height out of range"},"id":1}\n',
      { code: -8, message: 'Block height out of range', data: undefined },
    ],
    [
      'bitcoind, of an unknown method',
      404,
      '{"result":null,"error":{"code":-32601,"message":"Method not found"},"id":1}\n',
      { code: -32601 },
    ],
    [
      'deluge',
      200,
      '{"result": null, "id": 1, "error": {"message": "Not authenticated", "code": 1}}',
      { code: 1, message: 'Not authenticated' },
    ],
    [
      'aria2',
      400,
      '{"id":"1","jsonrpc":"2.0","error":{"code":1,"message":"No URI to download."}}',
      { code: 1, message: 'No URI to download.' },
    ],
    [
      'geth, of a reverted call',
      200,
      '{"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"execution reverted","data":"0x08c379a0"}}',
      { code: 3, data: '0x08c379a0' },
    ],
    [
      'jayson, of what it could not parse',
      400,
      '{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}',
      { code: -32700 },
    ],
    [
      'a server that forgets the id',
      200,
      '{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"}}',
      { code: -32600 },
    ],
    [
      'JSON-RPC 1.1, with members of its own',
      500,
      '{"version":"1.1","id":1,"error":{"name":"JSONRPCError","code":100,"message":"Call error","error":{"at":7}}}',
      {
        code: 100,
        message: 'Call error',
        data: { name: 'JSONRPCError', code: 100, message: 'Call error', error: { at: 7 } },
      },
    ],
    [
      'a server with codes as text',
      200,
      '{"error":{"code":"-32602","message":"bad"},"result":null,"id":1}',
      { code: -32602, message: 'bad' },
    ],
    [
      'a server with codes as words',
      200,
      '{"error":{"code":"EACCES","message":"no","data":{"x":1}},"id":1}',
      { code: -32000, message: 'no' },
    ],
    [
      'a server with errors as text',
      200,
      '{"error":"no such thing","id":1}',
      { code: -32000, message: 'no such thing', data: 'no such thing' },
    ],
    [
      'a server with half a result',
      200,
      '{"result":"x","error":{"code":2,"message":"but"},"id":1}',
      { code: 2 },
    ],
  ])('%s', async (_, status, body, expected) => {
    const { rpc } = await answering(body, { status })
    expect(await failureOf(rpc.call('m', undefined, context))).toMatchObject({ kind: 'rpc', ...expected })
  })

  test('bitcoind with a wrong password: 401 without a body', async () => {
    const { rpc } = await answering('', {
      status: 401,
      headers: { 'www-authenticate': 'Basic realm="jsonrpc"' },
    })
    expect(await failureOf(rpc.call('m', undefined, context))).toMatchObject({ kind: 'auth' })
  })

  test('bitcoind with a full queue: 503 with text', async () => {
    const { rpc } = await answering('Work queue depth exceeded', { status: 503 })
    expect(await failureOf(rpc.call('m', undefined, context))).toMatchObject({
      kind: 'connection',
      errorClass: 'service-unavailable',
    })
  })
})

test.each([
  ['neither', '{"jsonrpc":"2.0","id":1}', 'found neither'],
  ['another id', '{"jsonrpc":"2.0","id":2,"result":1}', 'expected the id 1, found 2'],
  ['another id as text', '{"id":"2","result":1,"error":null}', 'expected the id 1'],
  ['an id that only begins like it', '{"id":"1x","result":1}', 'expected the id 1'],
  ['a result without an id', '{"result":1}', 'expected the id 1, found none'],
  ['an error of another call', '{"id":9,"error":{"code":1,"message":""}}', 'expected the id 1, found 9'],
])('an answer with %s stays malformed', async (_, body, expected) => {
  const { rpc } = await answering(body)
  const error = await failureOf(rpc.call('m', undefined, context))
  expect(error.kind).toBe('serialize')
  expect(error.message).toContain(expected)
})
