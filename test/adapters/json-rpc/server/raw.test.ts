import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { until } from '../../../support/adapter-context.js'
import { post, server } from './harness.js'
import { rawConnection, rawPost } from './raw-http.js'
import { bare, EXAMPLES, handlers } from './specification-examples.js'

const echo = '{"jsonrpc":"2.0","method":"sum","params":[1],"id":1}'
const result = '{"jsonrpc":"2.0","result":1,"id":1}'
const head = (lines: string) =>
  `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${lines}\r\n`

describe('the examples of the specification', () => {
  test('one after the other on one connection', async () => {
    const { port } = await server(handlers)
    const connection = await rawConnection(port)
    for (const [, sent, expected] of EXAMPLES) {
      const answer = (await connection.write(rawPost(sent)).answer())!
      if (expected === undefined) expect([answer.status, answer.body]).toEqual([204, ''])
      else expect([answer.status, bare(answer.body)]).toEqual([200, expected])
    }
  })

  test('pipelined, answered in their order', async () => {
    const { port } = await server(handlers)
    const connection = await rawConnection(port)
    connection.write(EXAMPLES.map(([, sent]) => rawPost(sent)).join(''))
    for (const [, , expected] of EXAMPLES) {
      const answer = (await connection.answer())!
      if (expected === undefined) expect([answer.status, answer.body]).toEqual([204, ''])
      else expect([answer.status, bare(answer.body)]).toEqual([200, expected])
    }
  })

  test('byte by byte', async () => {
    const { port } = await server(handlers)
    const connection = await rawConnection(port)
    connection.socket.setNoDelay(true)
    for (const byte of Buffer.from(rawPost(echo))) {
      connection.write(Uint8Array.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await connection.answer())!.body).toBe(result)
  })

  test('in chunks', async () => {
    const { port } = await server(handlers)
    const connection = await rawConnection(port)
    const chunks = [...echo].map((byte) => `1\r\n${byte}\r\n`).join('')
    connection.write(head('transfer-encoding: chunked\r\n'), `${chunks}0\r\n\r\n`)
    expect((await connection.answer())!.body).toBe(result)
  })
})

/** A second request that must not be executed, because where the first ends is disputed. */
const smuggled = rawPost('{"jsonrpc":"2.0","method":"smuggled","id":2}')

describe('requests whose end is disputed', () => {
  test.each<[string, string]>([
    ['a length and chunks', `content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['chunks and a length', `transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n`],
    ['two lengths', 'content-length: 0\r\ncontent-length: 9\r\n\r\n'],
    ['a list of lengths', 'content-length: 0, 9\r\n\r\n'],
    ['a length with a sign', 'content-length: +0\r\n\r\n'],
    ['a negative length', 'content-length: -1\r\n\r\n'],
    ['a length in hexadecimal digits', 'content-length: 0x0\r\n\r\n'],
    ['a length beyond all integers', 'content-length: 99999999999999999999999\r\n\r\n'],
    ['another coding than chunks', 'transfer-encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['chunks that are not last', 'transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    ['another coding before chunks', 'transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['a second host', 'host: evil.example\r\ncontent-length: 0\r\n\r\n'],
    ['a name with a space', 'transfer-encoding : chunked\r\n\r\n0\r\n\r\n'],
    ['a folded line', 'transfer-encoding:\r\n chunked\r\n x\r\n\r\n0\r\n\r\n'],
    ['a chunk size with a sign', 'transfer-encoding: chunked\r\n\r\n+0\r\n\r\n'],
    ['a chunk without its end', 'transfer-encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n'],
    ['a bare line feed', 'x: y\ncontent-length: 0\r\n\r\n'],
    ['a bare carriage return', 'x: y\rcontent-length: 0\r\n\r\n'],
    ['a zero byte', 'x: a\u0000b\r\ncontent-length: 0\r\n\r\n'],
  ])('%s', async (_, lines) => {
    let executed = false
    const { port, url, context } = await server({
      ...handlers,
      smuggled: () => {
        executed = true
      },
    })
    const connection = await rawConnection(port)
    connection.write(
      `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${lines}${smuggled}`,
    )
    const answer = await connection.answer()
    expect(answer!.status).toBeGreaterThanOrEqual(400)
    await connection.closed()
    expect(executed).toBe(false)
    expect((await post(url, echo)).text).toBe(result)
    expect(context.refusals.length).toBeGreaterThan(0)
    expect(context.refusals[0]).toMatchObject({ address: '127.0.0.1', count: 1 })
  })
})

describe('requests that are refused', () => {
  test.each<[string, string | Uint8Array, number]>([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['another version', 'POST / HTTP/3.0\r\nhost: localhost\r\n\r\n', 400],
    ['no host', rawPost(echo).replace('host: localhost\r\n', ''), 400],
    ['an absolute address', rawPost(echo).replace('POST /', 'POST http://localhost/'), 404],
    ['CONNECT', 'CONNECT localhost:1 HTTP/1.1\r\nhost: localhost\r\n\r\n', 0],
    ['TRACE', 'TRACE / HTTP/1.1\r\nhost: localhost\r\n\r\n', 405],
    ['GET with a body', rawPost(echo).replace('POST', 'GET'), 405],
    ['a compressed body', rawPost(echo, { 'content-encoding': 'gzip' }), 415],
    [
      'a bomb',
      Buffer.concat([
        Buffer.from(head('content-encoding: gzip\r\ncontent-length: 1000\r\n')),
        gzipSync(Buffer.alloc(1e6)).subarray(0, 1000),
      ]),
      415,
    ],
    ['huge headers', head(`x: ${'y'.repeat(20_000)}\r\n`), 431],
    ['many headers', head('x: y\r\n'.repeat(12_000)), 431],
    ['a long path', `POST /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`, 431],
    ['a huge body', head('content-length: 999999999999\r\n'), 413],
    [
      'a huge extension of a chunk',
      `${head('transfer-encoding: chunked\r\n')}1;${'x'.repeat(30_000)}\r\n`,
      413,
    ],
    ['an upgrade to another protocol', rawPost(echo, { connection: 'upgrade', upgrade: 'h2c' }), 400],
  ])('%s', async (_, bytes, status) => {
    const { port, url, context } = await server(handlers)
    const connection = await rawConnection(port)
    const answer = await connection.write(bytes).answer()
    expect(answer?.status ?? 0).toBe(status)
    await connection.closed()
    expect((await post(url, echo)).text).toBe(result)
    if (status > 0) expect(context.refusals).toHaveLength(1)
  })

  test('half-sent requests end at their time-out and hold no memory', async () => {
    const { port, url, context } = await server(handlers, {
      config: { header_timeout: 100, request_timeout: 100 },
    })
    const halves = [
      '',
      'POS',
      'POST / HTTP/1.1\r\nhost: loc',
      head('content-length: 500\r\n'),
      `${head('content-length: 500\r\n')}{"x":`,
    ]
    const connections = await Promise.all(halves.map(() => rawConnection(port)))
    for (const [i, half] of halves.entries()) connections[i]!.write(half)
    expect((await post(url, echo)).text).toBe(result)
    for (const connection of connections) await connection.closed()
    await until(() => context.budget.held === 0, 'the memory to be given back')
    expect(context.refusals.map(({ reason }) => reason)).toContain('the request did not arrive in time')
  })

  test('nesting beyond max_depth is a parse error', async () => {
    const { url } = await server(handlers, { config: { max_depth: 10 } })
    const nested = (depth: number) =>
      `{"jsonrpc":"2.0","method":"sum","params":${'['.repeat(depth)}${']'.repeat(depth)},"id":1}`
    expect((await post(url, nested(20))).text).toContain('-32700')
    expect((await post(url, nested(9_000))).text).toContain('-32700')
    expect((await post(url, nested(5))).text).toContain('"result"')
  })

  test('a message with more values than max_values is refused before it is parsed', async () => {
    const { url } = await server(handlers, { config: { max_values: 100 } })
    const params = (element: string, count: number) =>
      `{"jsonrpc":"2.0","method":"sum","params":[${Array(count).fill(element)}],"id":1}`
    for (const element of ['{}', '[]', '{"a":[1]}'])
      expect((await post(url, params(element, 20))).text).toContain('"result"')
    // Elements of an array are cheap to copy.
    for (const element of ['1', '"\\\\"', '"\\",[{:"', '"[,{:"'])
      expect((await post(url, params(element, 1_000))).text).toContain('"result"')
    for (const element of ['{}', '[]', '{"a":[1]}']) {
      const { text } = await post(url, params(element, 100))
      expect(JSON.parse(text)).toMatchObject({ id: null, error: { code: -32_600 } })
      expect(text).toContain('max_values')
    }
    const calls = Array(30).fill(echo)
    expect((await post(url, `[${calls.slice(0, 10)}]`)).text).toContain('"result"')
    expect((await post(url, `[${calls}]`)).text).toContain('max_values')
  })

  test('a batch beyond max_batch is refused whole', async () => {
    const { url } = await server(handlers, { config: { max_batch: 2 } })
    expect((await post(url, `[${echo},${echo},${echo}]`)).text).toContain('the limit is 2')
    expect((await post(url, `[${echo},${echo}]`)).text).toBe(`[${result},${result}]`)
  })
})
