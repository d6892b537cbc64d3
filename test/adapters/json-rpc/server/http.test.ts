import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { until } from '../../../support/adapter-context.js'
import { ask, dial, type Handlers, post, server } from './harness.js'

const handlers: Handlers = { echo: (params) => params, never: () => new Promise(() => {}) }
const echo = '{"jsonrpc":"2.0","method":"echo","params":[1],"id":1}'
const json = { 'content-type': 'application/json' }

/** Writes bytes to a port. @returns everything that comes back until the connection ends */
async function raw(port: number, ...pieces: (string | Uint8Array)[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => {})
  await once(socket, 'connect')
  for (const piece of pieces) socket.write(piece)
  await new Promise((resolve) => socket.once('close', resolve))
  return text
}

/** A handshake as a browser makes it. @returns the status of the answer */
async function handshake(port: number, headers: Record<string, string> = {}, path = '/'): Promise<number> {
  return dial(port, headers, path).then(
    () => 101,
    (error: Error) => Number(/(\d{3})$/.exec(error.message)?.[1]),
  )
}

describe('over HTTP', () => {
  test.each<[string, string, RequestInit, number, RegExp]>([
    ['another path', 'rpc', { method: 'POST', headers: json, body: echo }, 404, /no such path/],
    ['another method', '', { method: 'GET' }, 405, /expected a POST/],
    [
      'a form',
      '',
      { method: 'POST', headers: { 'content-type': 'text/plain' }, body: echo },
      415,
      /content-type: application\/json/,
    ],
    ['no type', '', { method: 'POST', body: new Blob([echo]) }, 415, /content-type: application\/json/],
    [
      'a compressed body',
      '',
      { method: 'POST', headers: { ...json, 'content-encoding': 'gzip' }, body: echo },
      415,
      /without "content-encoding"/,
    ],
    ['too large a body', '', { method: 'POST', headers: json, body: 'x'.repeat(1025) }, 413, /max_request/],
  ])('%s is refused', async (_, path, init, status, reason) => {
    const { url } = await server(handlers, { config: { max_request: 1024 } })
    const response = await fetch(url + path, init)
    expect(response.status).toBe(status)
    expect(await response.text()).toMatch(reason)
    if (status === 405) expect(response.headers.get('allow')).toBe('POST')
  })

  test.each(['application/json; charset=utf-8', 'application/json-rpc', 'application/jsonrequest'])(
    '%s is taken, with a query or without',
    async (type) => {
      const { url } = await server(handlers)
      expect((await post(`${url}?x=1`, echo, { 'content-type': type })).status).toBe(200)
    },
  )

  test('a path of its own', async () => {
    const { url } = await server(handlers, { listen: { path: '/rpc' } })
    expect((await post(url, echo)).status).toBe(404)
    expect((await post(`${url}rpc`, echo)).status).toBe(200)
  })

  test('a body in pieces that grows too large is cut off', async () => {
    const { port } = await server(handlers, { config: { max_request: 1024 } })
    const head =
      'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n'
    const piece = `400\r\n${'x'.repeat(1024)}\r\n`
    expect(await raw(port, head, piece, piece, piece)).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('who asks before sending is told to go on, or not to', async () => {
    const { port } = await server(handlers, { config: { max_request: 1024 } })
    const head = (length: number) =>
      `POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: ${length}\r\n\r\n`
    expect(await raw(port, head(echo.length), echo)).toMatch(
      /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/,
    )
    expect(await raw(port, head(2000))).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('who is slow with the head or the body is cut off', async () => {
    const { port } = await server(handlers, { config: { header_timeout: 50, request_timeout: 50 } })
    const slow = [
      raw(port, 'POST / HTTP/1.1\r\nhost: localhost\r\n'),
      raw(
        port,
        'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
      ),
    ]
    for (const answer of await Promise.all(slow)) expect(answer).toMatch(/^HTTP\/1\.1 408 /)
  })

  test.each<[string, string]>([
    ['no HTTP', '\u0016\u0003\u0001 hello\r\n\r\n'],
    ['a head that never ends', `POST / HTTP/1.1\r\n${'x: y\r\n'.repeat(20_000)}`],
    [
      'a broken chunk',
      'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    ],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n',
    ],
  ])('%s is answered and cut off', async (_, bytes) => {
    const { port, url } = await server(handlers)
    expect(await raw(port, bytes)).toMatch(/^HTTP\/1\.1 4\d\d /)
    expect((await post(url, echo)).status).toBe(200)
  })

  test('who leaves in the middle takes nothing down', async () => {
    const { port, url } = await server(handlers)
    for (const bytes of [
      'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{',
      'PO',
    ]) {
      const socket = connect(port, '127.0.0.1', () => socket.write(bytes, () => socket.resetAndDestroy()))
      await once(socket, 'close')
    }
    expect((await post(url, echo)).status).toBe(200)
  })

  test('no more connections than the limit', async () => {
    const { port, url } = await server(handlers, { limits: { connections: 1 } })
    const first = await dial(port)
    await expect(post(url, echo)).rejects.toThrow()
    expect(await ask(first, echo)).toContain('"result":[1]')
  })

  test('until a method is served callers are asked to come back', async () => {
    const { url, port } = await server({})
    const response = await fetch(url, { method: 'POST', headers: json, body: echo })
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await handshake(port)).toBe(503)
  })

  test('handlers see the headers that they are to see', async () => {
    const seen: unknown[] = []
    const { url, port } = await server(
      { look: (_, request) => void seen.push(request.headers) },
      { config: { forward_headers: ['X-Tenant', 'authorization'] } },
    )
    const look = '{"jsonrpc":"2.0","method":"look","id":1}'
    await post(url, look, { 'x-tenant': 'acme', 'x-other': 'no', authorization: 'Bearer t' })
    await ask(await dial(port, { 'x-tenant': 'ws' }), look)
    expect(seen).toEqual([{ 'x-tenant': 'acme', authorization: 'Bearer t' }, { 'x-tenant': 'ws' }])
  })
})

describe('over WebSocket', () => {
  test('a page of another site is refused, unless it may', async () => {
    const { port } = await server(handlers, { config: { origins: ['https://app.example.com'] } })
    expect(await handshake(port)).toBe(101)
    expect(await handshake(port, { origin: `http://127.0.0.1:${port}` })).toBe(101)
    expect(await handshake(port, { origin: 'https://app.example.com' })).toBe(101)
    expect(await handshake(port, { origin: 'https://evil.example.com' })).toBe(403)
    expect(await handshake(port, { origin: 'null' })).toBe(403)
  })

  test('another path, or a server without, is not found', async () => {
    const { port } = await server(handlers)
    expect(await handshake(port, {}, '/other')).toBe(404)
    const none = await server(handlers, { config: { websocket: false } })
    expect(await handshake(none.port)).toBe(404)
  })

  test('a message that is too large ends the connection', async () => {
    const { port } = await server(handlers, { config: { max_request: 1024 } })
    const socket = await dial(port)
    socket.send('x'.repeat(2000))
    const [code] = (await once(socket, 'close')) as [number]
    expect(code).toBe(1009)
  })

  test.each<[string, Uint8Array, number]>([
    ['a reserved opcode', Buffer.from([0x83, 0x80, 0, 0, 0, 0]), 1002],
    ['no mask', Buffer.from([0x81, 0x01, 0x7b]), 1002],
    ['text that is not UTF-8', Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]), 1007],
    [
      'a length beyond all bounds',
      Buffer.from([0x81, 0xff, 0x7f, ...new Array(7).fill(0xff), 0, 0, 0, 0]),
      1009,
    ],
  ])('%s ends the connection', async (_, bytes, code) => {
    const { port, url } = await server(handlers)
    const socket = await dial(port)
    const closed = once(socket, 'close')
    ;(socket as unknown as { _socket: { write(data: Uint8Array): void } })._socket.write(bytes)
    expect((await closed)[0]).toBe(code)
    expect((await post(url, echo)).status).toBe(200)
  })

  test('what is no JSON-RPC is answered, and the connection goes on', async () => {
    const { port } = await server(handlers)
    const socket = await dial(port)
    expect(await ask(socket, 'nope')).toContain('-32700')
    expect(await ask(socket, '{}')).toContain('-32600')
    expect(await ask(socket, echo)).toContain('"result":[1]')
  })

  test('a caller that does not read is not read from', async () => {
    const { port, context } = await server(handlers)
    const socket = await dial(port)
    socket.pause()
    const text = JSON.stringify({ jsonrpc: '2.0', method: 'echo', params: ['x'.repeat(100_000)], id: 1 })
    let sent = 0
    while (socket.bufferedAmount < 4_000_000 && sent < 1000) {
      socket.send(text)
      sent++
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(sent).toBeLessThan(1000)
    let answers = 0
    socket.on('message', () => answers++)
    socket.resume()
    await until(() => answers === sent, 'every answer')
    expect(context.records).toEqual([])
  })

  test('who is silent is asked, and cut off when no sign of life comes', async () => {
    const { port } = await server(handlers, { config: { ping_interval: 10 } })
    const alive = await dial(port)
    const dead = await dial(port)
    dead.pause()
    let pings = 0
    alive.on('ping', () => pings++)
    await until(() => pings >= 5, 'some pings')
    dead.resume()
    const [code] = (await once(dead, 'close')) as [number]
    expect(code).toBe(1006)
    expect(await ask(alive, echo)).toContain('"result":[1]')
  })
})

describe('the end', () => {
  test('is said to those who wait for an answer, and to those who listen', async () => {
    let begun = 0
    const { adapter, url, port, context } = await server({
      never: () => {
        begun++
        return new Promise(() => {})
      },
    })
    const never = '{"jsonrpc":"2.0","method":"never","id":7}'
    const waiting = post(url, never)
    const socket = await dial(port)
    const other = ask(socket, never)
    await until(() => begun === 2, 'both calls')
    const closed = once(socket, 'close')
    await adapter.disconnect()
    for (const text of [(await waiting).text, await other])
      expect(JSON.parse(text)).toMatchObject({ error: { code: -32000 }, id: 7 })
    expect((await closed)[0]).toBe(1001)
    await expect(post(url, echo)).rejects.toThrow()
    expect(adapter.listening).toBeUndefined()
    expect(context.lost).toEqual([])
  })

  test('leaves the port to the next', async () => {
    const { adapter, port } = await server(handlers)
    const second = server(handlers, { listen: { port } })
    await expect(second).rejects.toMatchObject({
      kind: 'connection',
      reason: expect.stringContaining('it is in use'),
    })
    await adapter.disconnect()
    const third = await server(handlers, { listen: { port } })
    expect((await post(third.url, echo)).status).toBe(200)
  })
})
