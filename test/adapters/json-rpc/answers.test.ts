import { describe, expect, test } from 'vitest'
import type { Value } from '../../../src/core/value.js'
import { operation } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { send } from '../../support/http-service.js'
import { answering, connected, result, service } from './harness.js'

const context = operation()

const strict = { settings: { config: { strict: true } } }

describe('a malformed answer to a call is an error that says what is wrong:', () => {
  test.each([
    ['no version', '{"result":1,"id":1}', 'expected "jsonrpc": "2.0"'],
    ['another version', '{"jsonrpc":"1.0","result":1,"id":1}', 'expected "jsonrpc": "2.0"'],
    ['the version as a number', '{"jsonrpc":2.0,"result":1,"id":1}', 'expected "jsonrpc": "2.0"'],
    ['no id', '{"jsonrpc":"2.0","result":1}', 'expected an id, found none'],
    ['another id', '{"jsonrpc":"2.0","result":1,"id":2}', 'expected the id 1, found 2'],
    ['the id as text', '{"jsonrpc":"2.0","result":1,"id":"1"}', 'expected the id 1, found a string'],
    ['a result without an id', '{"jsonrpc":"2.0","result":1,"id":null}', 'expected the id 1, found null'],
    [
      'an error for another id',
      '{"jsonrpc":"2.0","error":{"code":1,"message":""},"id":9}',
      'expected the id 1, found 9',
    ],
    ['both', '{"jsonrpc":"2.0","result":1,"error":{"code":1,"message":""},"id":1}', 'found both'],
    ['a result and a null error', '{"jsonrpc":"2.0","result":1,"error":null,"id":1}', 'found both'],
    ['neither', '{"jsonrpc":"2.0","id":1}', 'found neither'],
    [
      'an error that is text',
      '{"jsonrpc":"2.0","error":"no","id":1}',
      'expected an error object, found a string',
    ],
    [
      'an error that is null',
      '{"jsonrpc":"2.0","error":null,"id":1}',
      'expected an error object, found null',
    ],
    ['an error without a code', '{"jsonrpc":"2.0","error":{"message":"no"},"id":1}', 'expected an integer'],
    ['an error with a fraction', '{"jsonrpc":"2.0","error":{"code":1.5,"message":"no"},"id":1}', 'found 1.5'],
    [
      'an error without a message',
      '{"jsonrpc":"2.0","error":{"code":1},"id":1}',
      'expected text as the message',
    ],
    ['an array', '[{"jsonrpc":"2.0","result":1,"id":1}]', 'expected an object, found an array'],
    ['null', 'null', 'expected an object, found null'],
    ['a number', '42', 'expected an object, found 42'],
    [
      'members by way of __proto__',
      '{"__proto__":{"jsonrpc":"2.0","result":1,"id":1}}',
      'expected "jsonrpc": "2.0"',
    ],
    ['half a text', '{"jsonrpc":"2.0","result"', 'ends too early'],
    ['no JSON', '<html>', 'not JSON'],
    ['nothing', '', 'empty answer (HTTP 200 OK)'],
    [
      'too deep',
      `{"jsonrpc":"2.0","id":1,"result":${'['.repeat(200)}${']'.repeat(200)}}`,
      'nested deeper than 128',
    ],
  ])('%s', async (_, body, expected) => {
    const { rpc } = await answering(body, strict)
    const error = await failureOf(rpc.call('m', undefined, context))
    expect(error).toMatchObject({ kind: 'serialize', integration: 'it', retryable: false })
    expect(error.message).toContain(expected)
  })

  test('text that is not UTF-8', async () => {
    const { rpc } = await answering(Buffer.from('{"jsonrpc":"2.0","result":"\xff","id":1}', 'latin1'))
    expect((await failureOf(rpc.call('m', undefined, context))).message).toContain('not UTF-8')
  })

  test('a web page', async () => {
    const { rpc } = await answering('<html>', { headers: { 'content-type': 'text/html; charset=utf-8' } })
    expect((await failureOf(rpc.call('m', undefined, context))).message).toContain('text/html')
  })
})

describe('a good answer is taken', () => {
  test.each<[string, Record<string, string>]>([
    ['without a content type', {}],
    ['as text', { 'content-type': 'text/plain' }],
    ['as application/json-rpc', { 'content-type': 'application/json-rpc; charset=utf-8' }],
  ])('%s', async (_, headers) => {
    const { rpc } = await answering(result({ a: 1 }), { headers })
    expect(await rpc.call('m', undefined, context)).toEqual({ a: 1 })
  })

  test.each<[string, Value]>([
    ['null', null],
    ['false', false],
    ['zero', 0],
    ['empty text', ''],
  ])('with a result of %s', async (_, value) => {
    const { rpc } = await answering(result(value))
    expect(await rpc.call('m', undefined, context)).toBe(value)
  })

  test('with members that the specification does not know', async () => {
    const { rpc } = await answering('{"jsonrpc":"2.0","result":1,"id":1,"took":5}')
    expect(await rpc.call('m', undefined, context)).toBe(1)
  })

  test('with an error and its data', async () => {
    const { rpc } = await answering(
      '{"jsonrpc":"2.0","error":{"code":-32050,"message":"busy","data":{"a":[1]}},"id":1}',
    )
    expect(await failureOf(rpc.call('m', undefined, context))).toMatchObject({
      kind: 'rpc',
      code: -32050,
      message: 'busy',
      data: { a: [1] },
      retryable: false,
    })
  })

  test('and each call has an id of its own, counted from 1', async () => {
    const server = await service(({ text }, response) => {
      const { id, params } = JSON.parse(text)
      send(response, 200, JSON.stringify({ jsonrpc: '2.0', id, result: params }))
    })
    const { rpc } = await connected(server.url)
    const values = Array.from({ length: 50 }, (_, i) => [i])
    expect(await Promise.all(values.map((params) => rpc.call('m', params, context)))).toEqual(values)
    const ids = server.requests.map(({ text }) => JSON.parse(text).id as number)
    expect(ids.sort((a, b) => a - b)).toEqual(values.map((_, i) => i + 1))
  })
})

describe('a value that cannot be sent is refused before anything is sent:', () => {
  test.each<[string, unknown, string]>([
    ['a number', 5, 'params of m: expected an array or an object, found a number'],
    ['text', 'x', 'found a string'],
    ['null', null, 'found null'],
    ['bytes', new Uint8Array(1), 'found bytes'],
    ['a Map inside', { a: [new Map()] }, 'call m: json cannot carry $.params.a[0]: a Map'],
  ])('%s', async (_, params, expected) => {
    const { rpc, server } = await answering(result(1))
    const error = await failureOf(rpc.call('m', params as Value, context))
    expect(error).toMatchObject({ kind: 'serialize', integration: 'it' })
    expect(error.message).toContain(expected)
    expect(server.requests).toEqual([])
  })
})
