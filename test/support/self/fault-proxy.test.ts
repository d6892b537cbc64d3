import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FaultProxy } from '../fault-proxy.js'
import { waitFor } from '../wait-for.js'

let echo: Server
let proxy: FaultProxy
const upstream: Socket[] = []
const clients: Client[] = []

/** A client that keeps everything it sees. */
class Client {
  readonly socket: Socket
  readonly chunks: Buffer[] = []
  error: NodeJS.ErrnoException | undefined
  ended = false
  closed = false

  constructor(port: number) {
    this.socket = createConnection({ host: '127.0.0.1', port, noDelay: true })
    this.socket.on('data', (chunk) => this.chunks.push(chunk))
    this.socket.on('error', (error) => {
      this.error = error
    })
    this.socket.on('end', () => {
      this.ended = true
    })
    this.socket.on('close', () => {
      this.closed = true
    })
    clients.push(this)
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString()
  }

  has(text: string): Promise<boolean> {
    return waitFor(() => this.text === text, { what: () => `"${text}", there is "${this.text}"` })
  }

  gone(): Promise<boolean> {
    return waitFor(() => this.closed, { what: 'the connection to close' })
  }
}

beforeEach(async () => {
  echo = createServer((socket) => {
    upstream.push(socket)
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  proxy = await FaultProxy.start((echo.address() as { port: number }).port)
})

afterEach(() => {
  for (const client of clients.splice(0)) client.socket.destroy()
  for (const socket of upstream.splice(0)) socket.destroy()
  proxy.close()
  echo.close()
})

test('passes bytes and the end of the stream both ways', async () => {
  const client = new Client(proxy.port)
  client.socket.end('hello')
  await client.gone()
  expect(client.text).toBe('hello')
  expect(client.ended).toBe(true)
  expect(client.error).toBeUndefined()
  await waitFor(() => proxy.connections === 0, { what: 'the proxy to forget the connection' })
  expect(proxy.accepted).toBe(1)
})

test('passes much more than it holds back', async () => {
  const client = new Client(proxy.port)
  const size = 20 * 1024 * 1024
  client.socket.end(Buffer.alloc(size, 'x'))
  await client.gone()
  expect(Buffer.concat(client.chunks).length).toBe(size)
})

test('latency delays both directions and keeps the order', async () => {
  proxy.inject({ kind: 'latency', ms: 50 })
  const client = new Client(proxy.port)
  const start = performance.now()
  client.socket.write('a')
  await client.has('a')
  // Timers may fire a fraction of a millisecond early.
  expect(performance.now() - start).toBeGreaterThan(98)
  client.socket.write('b')
  proxy.heal()
  client.socket.write('c')
  await client.has('abc')
})

test('dribbles byte by byte', async () => {
  proxy.inject({ kind: 'dribble', bytes: 1, everyMs: 2 })
  const client = new Client(proxy.port)
  client.socket.write('0123456789')
  await client.has('0123456789')
  // Neighbours may be read together, but not all of them.
  expect(client.chunks.length).toBeGreaterThan(3)
})

describe('stall', () => {
  test('holds everything back on open and on new connections, and passes it when healed', async () => {
    const open = new Client(proxy.port)
    open.socket.write('a')
    await open.has('a')
    proxy.inject({ kind: 'stall' })
    open.socket.write('b')
    const late = new Client(proxy.port)
    await once(late.socket, 'connect')
    late.socket.write('c')
    // A connection that does pass shows that the others had their chance.
    const direct = new Client((echo.address() as { port: number }).port)
    direct.socket.write('x')
    await direct.has('x')
    expect([open.text, late.text]).toEqual(['a', ''])
    expect([open.closed, late.closed]).toEqual([false, false])
    proxy.heal()
    await open.has('ab')
    await late.has('c')
  })

  test('the other side does not hear that one has gone until it is healed', async () => {
    const client = new Client(proxy.port)
    client.socket.write('a')
    await client.has('a')
    proxy.inject({ kind: 'stall' })
    client.socket.resetAndDestroy()
    await client.gone()
    const direct = new Client((echo.address() as { port: number }).port)
    direct.socket.write('x')
    await direct.has('x')
    expect(upstream[0]!.destroyed).toBe(false)
    proxy.heal()
    await waitFor(() => upstream[0]!.destroyed, { what: 'the server to hear of it' })
  })
})

test('cuts with a reset in the middle of a frame, after exactly so many bytes', async () => {
  const client = new Client(proxy.port)
  client.socket.write('ab')
  await client.has('ab')
  proxy.inject({ kind: 'cut', direction: 'to-client', afterBytes: 3, how: 'reset' })
  client.socket.write('01234567')
  await client.gone()
  expect(client.text).toBe('ab012')
  expect(client.error?.code).toBe('ECONNRESET')
})

test('cuts in order on the way to the server', async () => {
  proxy.inject({ kind: 'cut', direction: 'to-server', afterBytes: 4, how: 'close' })
  const received: Buffer[] = []
  echo.on('connection', (socket) => socket.on('data', (chunk) => received.push(chunk)))
  const client = new Client(proxy.port)
  client.socket.write('01234567')
  await client.gone()
  expect(client.ended).toBe(true)
  await waitFor(() => Buffer.concat(received).toString() === '0123', {
    what: () => `"0123", there is "${Buffer.concat(received)}"`,
  })
})

test('resets and closes what is open', async () => {
  const [first, second] = [new Client(proxy.port), new Client(proxy.port)]
  await waitFor(() => proxy.connections === 2, { what: 'both connections' })
  proxy.reset()
  await Promise.all([first.gone(), second.gone()])
  expect([first.error?.code, second.error?.code]).toEqual(['ECONNRESET', 'ECONNRESET'])

  const third = new Client(proxy.port)
  await waitFor(() => proxy.accepted === 3, { what: 'the third connection' })
  proxy.disconnect()
  await third.gone()
  expect([third.error, third.ended]).toEqual([undefined, true])
})

test('refuses connections, keeps the open ones, and takes new ones on the same port again', async () => {
  const open = new Client(proxy.port)
  open.socket.write('a')
  await open.has('a')
  proxy.refuse()
  const refused = new Client(proxy.port)
  await refused.gone()
  expect(refused.error?.code).toBe('ECONNREFUSED')
  open.socket.write('b')
  await open.has('ab')
  await proxy.accept()
  const again = new Client(proxy.port)
  again.socket.write('c')
  await again.has('c')
})

test('a server that is down looks like a reset', async () => {
  echo.close()
  const client = new Client(proxy.port)
  await client.gone()
  expect(client.error?.code).toBe('ECONNRESET')
})
