import { createServer } from 'node:net'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { operation } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { answering, connected, result } from './harness.js'

const context = operation()

/** A server that writes such pieces for each request, one after another. */
async function rawServer(pieces: (text: string, connection: number) => readonly (string | Buffer)[]) {
  let connections = 0
  const server = createServer((socket) => {
    const number = ++connections
    socket.on('error', () => {})
    socket.on('data', async (data) => {
      for (const piece of pieces(String(data), number)) {
        socket.write(piece)
        await new Promise(setImmediate)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  return { url: `http://127.0.0.1:${port}`, connections: () => connections }
}

/** The reply to the call in a request. */
const reply = (request: string) => result('fine').replace('"id":1', `"id":${/"id":(\d+)/.exec(request)![1]}`)
const ok = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`

describe('a server that', () => {
  test.each<[string, (request: string) => readonly string[]]>([
    [
      'speaks HTTP/1.0',
      (request) => {
        const body = reply(request)
        return [`HTTP/1.0 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`]
      },
    ],
    [
      'sends chunks with extensions and trailers',
      (request) => {
        const body = reply(request)
        const [a, b] = [body.slice(0, 5), body.slice(5)]
        const chunk = (text: string) => `${text.length.toString(16)};x=y\r\n${text}\r\n`
        return [
          'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-took\r\n\r\n',
          chunk(a),
          chunk(b),
          '0\r\nx-took: 5\r\n\r\n',
        ]
      },
    ],
    ['sends 100 Continue unasked', (request) => [`HTTP/1.1 100 Continue\r\n\r\n${ok(reply(request))}`]],
    [
      'sends it twice, with headers, in pieces',
      (request) => [
        ...'HTTP/1.1 100 Continue\r\nserver: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n',
        ok(reply(request)),
      ],
    ],
    ['sends one byte at a time', (request) => [...ok(reply(request))]],
    [
      'sends 103 Early Hints',
      (request) => [`HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${ok(reply(request))}`],
    ],
  ])('%s', async (_, pieces) => {
    const server = await rawServer(pieces)
    const { rpc } = await connected(server.url)
    for (let i = 0; i < 3; i++) expect(await rpc.call('m', undefined, context)).toBe('fine')
  })

  test('has a text like 100 Continue in a body', async () => {
    const value = 'HTTP/1.1 100 Continue\r\n\r\n'
    const server = await rawServer((request) => {
      const body = JSON.stringify({
        jsonrpc: '2.0',
        id: Number(/"id":(\d+)/.exec(request)![1]),
        result: value,
      })
      return [ok(body).slice(0, -body.length), body]
    })
    const { rpc } = await connected(server.url)
    expect(await rpc.call('m', undefined, context)).toBe(value)
  })
})

describe('compression', () => {
  const plain = result({ text: 'x'.repeat(1000) })

  test('is asked for, unless the headers of the configuration say otherwise', async () => {
    const { rpc, server } = await answering(result(1))
    await rpc.call('m', undefined, context)
    expect(server.requests[0]!.headers['accept-encoding']).toBe('gzip, br')
    const other = await answering(result(1), {
      settings: { config: { headers: { 'Accept-Encoding': 'identity' } } },
    })
    await other.rpc.call('m', undefined, context)
    expect(other.server.requests[0]!.headers['accept-encoding']).toBe('identity')
  })

  test.each<[string, Buffer]>([
    ['gzip', gzipSync(plain)],
    ['x-gzip', gzipSync(plain)],
    ['GZIP', gzipSync(plain)],
    ['br', brotliCompressSync(plain)],
    ['deflate', deflateSync(plain)],
    ['deflate', deflateRawSync(plain)],
    ['identity', Buffer.from(plain)],
  ])('by %s is read', async (coding, body) => {
    const { rpc } = await answering(body, { headers: { 'content-encoding': coding } })
    expect(await rpc.call('m', undefined, context)).toEqual({ text: 'x'.repeat(1000) })
  })

  test('of an error under an error status is read as well', async () => {
    const body = gzipSync('{"result":null,"error":{"code":-1,"message":"no"},"id":1}')
    const { rpc } = await answering(body, { status: 500, headers: { 'content-encoding': 'gzip' } })
    expect(await failureOf(rpc.call('m', undefined, context))).toMatchObject({ kind: 'rpc', code: -1 })
  })

  test.each([
    ['gzip', gzipSync(Buffer.alloc(50_000_000))],
    ['br', brotliCompressSync(Buffer.alloc(5_000_000))],
    ['deflate', deflateSync(Buffer.alloc(5_000_000))],
  ])('by %s that hides more than the limit is refused', async (coding, body) => {
    expect(body.length).toBeLessThan(65_536)
    const { rpc } = await answering(body, {
      headers: { 'content-encoding': coding },
      settings: { config: { max_response: 65_536 } },
    })
    expect(await failureOf(rpc.call('m', undefined, context))).toMatchObject({
      kind: 'serialize',
      reason: 'the decompressed answer exceeds the limit of 65536 bytes',
    })
  })

  test.each([
    ['gzip', 'no gzip', 'its body is not gzip'],
    ['br', 'no brotli', 'its body is not br'],
    ['deflate', 'no deflate', 'its body is not deflate'],
    ['gzip, br', 'x', 'found gzip, br'],
    ['constructor', 'x', 'found constructor'],
  ])('that is broken or unknown (%s) is refused', async (coding, body, reason) => {
    const { rpc } = await answering(body, { headers: { 'content-encoding': coding } })
    const error = await failureOf(rpc.call('m', undefined, context))
    expect(error).toMatchObject({ kind: 'serialize', integration: 'it' })
    expect(error.message).toContain(reason)
  })
})
