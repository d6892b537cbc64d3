import { once } from 'node:events'
import { createServer } from 'node:http'
import * as http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { Gateway } from '../../src/index.js'

const PROTO = new URL('../../../test/faults/support/flood.proto', import.meta.url).pathname
/** Forty messages of the size limit are more than twice as much. */
const LIMITS = { memory: '256MB', frame: '16MB' }
const CALLS = 40
const LARGE = 15_000_000
const ENHANCE_YOUR_CALM = http2.constants.NGHTTP2_ENHANCE_YOUR_CALM
const BOMB = gzipSync(Buffer.alloc(100_000_000, 32))

let gateway: Gateway | undefined
const deaths: string[] = []

afterEach(async () => {
  await gateway?.shutdown({ timeout: 0 })
  gateway = undefined
  expect(deaths.splice(0)).toEqual([])
})

async function start(source: Parameters<typeof Gateway.start>[0]): Promise<Gateway> {
  gateway = await Gateway.start(source)
  gateway.on('actor:crashed', ({ reason }) => deaths.push(reason))
  return gateway
}

/** A message of gRPC. */
function frame(message: Buffer, flag = 0): Buffer {
  const head = Buffer.alloc(5)
  head[0] = flag
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

describe('answers that take more memory together than the actor has', () => {
  async function callAll(
    integration: { type: 'json-rpc' | 'grpc'; [name: string]: unknown },
    method: string,
  ): Promise<readonly PromiseSettledResult<unknown>[]> {
    const client = await start({
      integrations: {
        it: { limits: LIMITS, timeout: '60s', supervision: { heartbeat: '20s' }, ...integration },
      },
    })
    return Promise.allSettled(Array.from({ length: CALLS }, () => client.rpc('it').call(method, {})))
  }

  const brotli = brotliCompressSync(Buffer.alloc(100_000_000, 32), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 1 },
  })

  /** An HTTP server that answers each call with a body, after the start of a reply to it. */
  async function httpServer(coding: string, body: Buffer): Promise<string> {
    const server = createServer(async (request, response) => {
      const pieces: Buffer[] = []
      for await (const piece of request) pieces.push(piece as Buffer)
      const { id } = JSON.parse(Buffer.concat(pieces).toString()) as { id: number }
      response.setHeader('content-encoding', coding)
      if (coding === 'identity') response.write(`{"jsonrpc":"2.0","id":${id},"result":"`)
      response.end(body)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  test('large answers over HTTP arrive, one after the other', async () => {
    const address = await httpServer('identity', Buffer.from(`${'x'.repeat(LARGE)}"}`))
    const answers = await callAll(
      { type: 'json-rpc', endpoint: { address }, config: { pool_size: CALLS } },
      'large',
    )
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(CALLS)
  })

  test.each([
    ['gzip', BOMB],
    ['br', brotli],
  ])('answers with the coding %s are decompressed up to the limit', async (coding, body) => {
    const address = await httpServer(coding, body)
    const answers = await callAll(
      { type: 'json-rpc', endpoint: { address }, config: { pool_size: CALLS } },
      'bomb',
    )
    for (const answer of answers)
      expect(answer).toMatchObject({
        reason: { kind: 'serialize', message: expect.stringContaining('exceeds the limit') },
      })
  })

  test.each([
    ['large', frame(Buffer.concat([Buffer.from([0x0a, 0xc0, 0xc3, 0x93, 0x07]), Buffer.alloc(LARGE, 120)]))],
    ['compressed', frame(BOMB, 1)],
  ])('%s answers of gRPC', async (kind, body) => {
    // In megabytes: the server holds all answers at once.
    const server = http2.createServer({ maxSessionMemory: 2_000 })
    const sessions = new Set<http2.ServerHttp2Session>()
    server.on('session', (session) => void sessions.add(session))
    server.on('stream', (stream) => {
      stream.on('error', () => {})
      const headers = { ':status': 200, 'content-type': 'application/grpc', 'grpc-encoding': 'gzip' }
      stream.respond(headers, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(body)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      for (const session of sessions) session.destroy()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const answers = await callAll(
      { type: 'grpc', endpoint: { address: '127.0.0.1', port }, config: { proto: PROTO } },
      'flood.S/Echo',
    )
    const fulfilled = answers.filter(({ status }) => status === 'fulfilled')
    expect(fulfilled).toHaveLength(kind === 'large' ? CALLS : 0)
    for (const answer of answers)
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ kind: 'rpc', code: 8 })
  })
})

describe('a caller of a gRPC server', () => {
  async function attack(path: string, send: (stream: http2.ClientHttp2Stream) => Promise<void> | void) {
    const server = await start({
      servers: {
        s: {
          type: 'grpc',
          listen: { port: 0 },
          limits: LIMITS,
          supervision: { heartbeat: '20s' },
          config: { proto: PROTO },
        },
      },
    })
    server.server('s').register('flood.S/Echo', (message) => message)
    server.server('s').register('flood.S/Collect', (list) => ({ s: String((list as unknown[]).length) }))
    await server.server('s').serve()
    const { port } = server.connections.status('s').listening!
    const session = http2.connect(`http://127.0.0.1:${port}`)
    session.on('error', () => {})
    onTestFinished(() => session.destroy())
    const ends = Array.from({ length: 30 }, async () => {
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        'grpc-encoding': 'gzip',
        te: 'trailers',
      })
      let code: unknown
      stream.on('error', () => {})
      stream.on('response', (headers) => {
        code = headers['grpc-status']
      })
      stream.on('trailers', (headers) => {
        code = headers['grpc-status']
      })
      stream.resume()
      const closed = new Promise((resolve) => stream.once('close', resolve))
      await send(stream)
      await closed
      return stream.rstCode === ENHANCE_YOUR_CALM ? '8' : String(code)
    })
    return Promise.all(ends)
  }
  test('is refused messages that decompress to more than its share', async () => {
    const codes = await attack('/flood.S/Echo', (stream) => void stream.end(frame(BOMB, 1)))
    expect(new Set(codes)).toEqual(new Set(['8']))
  })

  test('is refused whole messages that it never ends', async () => {
    const message = frame(Buffer.concat([Buffer.from([0x0a, 0xc0, 0xc3, 0x93, 0x07]), Buffer.alloc(LARGE)]))
    let refused = 0
    const codes = attack('/flood.S/Echo', (stream) => {
      stream.once('close', () => refused++)
      stream.write(message)
      // The calls that hold the memory are ended by their caller at last.
      const timer = setInterval(() => {
        if (refused < 20) return
        clearInterval(timer)
        stream.close(http2.constants.NGHTTP2_CANCEL)
      }, 10)
    })
    expect((await codes).filter((code) => code === '8').length).toBeGreaterThanOrEqual(20)
  })

  test('is refused more empty messages than it has memory for', async () => {
    const empty = Buffer.concat(Array.from({ length: 10_000 }, () => frame(Buffer.alloc(0))))
    const codes = await attack('/flood.S/Collect', async (stream) => {
      for (let n = 0; n < 20 && !stream.closed; n++)
        if (!stream.write(empty))
          await new Promise<void>((resolve) => {
            stream.once('drain', resolve).once('close', resolve)
          })
      stream.end()
    })
    expect(codes).toContain('8')
  })
})
