import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { CancelledError, TimeoutError } from '../../../src/core/errors/operation.js'
import { operation, until } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { closedPort, send } from '../../support/http-service.js'
import { answering, connected, result, rigFor, service } from './harness.js'

const context = operation()
const limits = { memory: 1e9, frame: 1000 }
const never = () => new AbortController().signal

/** A server that answers each connection's first bytes with these and then does what it is told. */
async function rawServer(bytes: string, then: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => socket.write(bytes, () => then(socket)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('an answer', () => {
  test('that comes slowly and in pieces is read to its end', async () => {
    const text = result('x'.repeat(500))
    const server = await service((_, response) => {
      response.writeHead(200)
      const piece = (at: number) => {
        if (at >= text.length) response.end()
        else response.write(text.slice(at, at + 50), () => setImmediate(piece, at + 50))
      }
      piece(0)
    })
    const { rpc } = await connected(server.url)
    expect(await rpc.call('m', undefined, context)).toBe('x'.repeat(500))
  })

  test('is announced once, when its first bytes come in', async () => {
    let finish = () => {}
    const server = await service((_, response) => {
      response.write(' ')
      finish = () => response.end(result('late'))
    })
    const { rpc, context: told } = await connected(server.url)
    const call = rpc.call('m', undefined, context)
    await until(() => told.answersBegun > 0, 'the answer to begin')
    finish()
    expect(await call).toBe('late')
    expect(told.answersBegun).toBe(1)
  })

  test('that announces more than the limit is refused', async () => {
    const { rpc } = await answering(result('x'.repeat(2000)), { settings: { limits } })
    const error = await failureOf(rpc.call('m', undefined, context))
    expect(error).toMatchObject({ kind: 'serialize', integration: 'it' })
    expect(error.message).toContain('the limit is 1000 bytes')
  })

  test('that grows beyond the limit without end is cut off', async () => {
    let closed = false
    const server = await service((_, response) => {
      response.writeHead(200)
      response.on('close', () => {
        closed = true
      })
      const more = () => response.write('x'.repeat(700), () => closed || setImmediate(more))
      more()
    })
    const { rpc } = await connected(server.url, { limits })
    expect(await failureOf(rpc.call('m', undefined, context))).toMatchObject({ kind: 'serialize' })
    await vi.waitFor(() => expect(closed).toBe(true))
  })

  test('of the size of the limit is taken', async () => {
    const text = result('x'.repeat(1000 - result('').length))
    const { rpc } = await answering(text, { settings: { limits } })
    expect(await rpc.call('m', undefined, context)).toMatch(/^x+$/)
  })

  test.each<[string, string]>([
    ['before the answer', ''],
    ['in the headers', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['in the body', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"jsonrpc"'],
    ['in a chunked body', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"jso\r\n'],
  ])('cut off %s is a connection error, and the connection as such is not lost', async (_, bytes) => {
    for (const then of [(socket: Socket) => socket.resetAndDestroy(), (socket: Socket) => socket.end()]) {
      const { rpc, context: adapter } = await connected(await rawServer(bytes, then))
      expect(await failureOf(rpc.call('m', undefined, context))).toMatchObject({
        kind: 'connection',
        integration: 'it',
        retryable: true,
        errorClass: 'connection-reset',
        cause: expect.any(Error),
      })
      expect(adapter.lost).toEqual([])
    }
  })

  test.each<[string, string]>([
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a broken status line', 'HTTP/1.1 abc\r\n\r\n'],
    ['a contradictory length', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx'],
    [
      'an upgrade nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    ],
    ['endless headers', `HTTP/1.1 200 OK\r\n${'x-a: b\r\n'.repeat(20_000)}`],
  ])('that is %s is a connection error', async (_, bytes) => {
    const { rpc } = await connected(await rawServer(bytes, () => {}))
    expect(await failureOf(rpc.call('m', undefined, context))).toMatchObject({ kind: 'connection' })
  })

  test('after informational responses is read', async () => {
    const text = result(5)
    const early = 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'
    const final = `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`
    const { rpc } = await connected(await rawServer(early + final, () => {}))
    expect(await rpc.call('m', undefined, context)).toBe(5)
  })
})

describe('a connection that cannot be made', () => {
  test('fails connect with the reason', async () => {
    const port = await closedPort()
    const { adapter, context: fake } = rigFor(`http://127.0.0.1:${port}`)
    const error = await failureOf(adapter.connect(never()))
    expect(error).toMatchObject({
      kind: 'connection',
      name: 'ConnectionError',
      integration: 'it',
      retryable: true,
    })
    expect(error.message).toBe(`http://127.0.0.1:${port}: the connection was refused (ECONNREFUSED)`)
    expect(error.cause).toBeInstanceOf(Error)
    expect(fake.lost).toEqual([])
  })

  test('for want of a host name says so', async () => {
    const { adapter } = rigFor('http://no-such-host.invalid')
    const error = await failureOf(adapter.connect(never()))
    expect(error).toMatchObject({ kind: 'connection' })
    expect(error.message).toMatch(/ENOTFOUND|EAI_AGAIN/)
  })

  test('when the server went away is said once; after connect it works again', async () => {
    const first = await service((_, response) => send(response, 200, result(1)))
    const { adapter, rpc, context: fake } = await connected(first.url)
    expect(await rpc.call('m', undefined, context)).toBe(1)
    await first.close()
    // The first calls may still meet the connection that was kept alive, which is no loss.
    await vi.waitFor(async () => {
      const error = await failureOf(rpc.call('m', undefined, context))
      expect(error.message).toContain('ECONNREFUSED')
    })
    expect(await failureOf(rpc.notify('m', undefined, context))).toMatchObject({ kind: 'connection' })
    expect(fake.lost.length).toBe(1)
    expect(fake.lost[0]).toMatchObject({ kind: 'connection', integration: 'it' })

    await service(({ text }, response) => {
      send(response, 200, JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(text).id, result: 2 }))
    }, first.port)
    await adapter.connect(never())
    expect(await rpc.call('m', undefined, context)).toBe(2)
    expect(fake.lost.length).toBe(1)
  })

  test('makes the next address take over, for connect and for calls under way', async () => {
    const answer = (name: string) => () =>
      service(({ text }, response) => {
        send(response, 200, JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(text).id, result: name }))
      })
    const [a, b] = [await answer('a')(), await answer('b')()]
    const dead = `http://127.0.0.1:${await closedPort()}`
    const { rpc, context: fake } = await connected([dead, a.url, b.url])
    expect(await rpc.call('m', undefined, context)).toBe('a')
    await a.close()
    await vi.waitFor(async () => expect(await rpc.call('m', undefined, context)).toBe('b'))
    expect(fake.lost).toEqual([])
    await b.close()
    await vi.waitFor(async () => {
      const error = await failureOf(rpc.call('m', undefined, context))
      for (const url of [dead, a.url, b.url]) expect(error.message).toContain(url)
    })
    expect(fake.lost.length).toBe(1)
  })

  test('to the next address is not tried for a request that was sent', async () => {
    const first = await service((_, response) => response.destroy())
    const second = await service((_, response) => send(response, 200, result(1)))
    const { rpc } = await connected([first.url, second.url])
    expect(await failureOf(rpc.call('m', undefined, context))).toMatchObject({ kind: 'connection' })
    expect(first.requests.length).toBe(1)
    expect(second.requests.length).toBe(0)
  })
})

describe('an attempt that is given up', () => {
  test.each([new CancelledError(), new TimeoutError('call m')])(
    'in flight rejects with $name, and lets go of the connection',
    async (reason) => {
      let closed = false
      const server = await service((_, response) => {
        response.on('close', () => {
          closed = true
        })
      })
      const { rpc, context: fake } = await connected(server.url)
      const controller = new AbortController()
      const call = rpc.call('m', undefined, operation(controller.signal))
      await vi.waitFor(() => expect(server.requests.length).toBe(1))
      controller.abort(reason)
      await expect(call).rejects.toBe(reason)
      await vi.waitFor(() => expect(closed).toBe(true))
      expect(fake.lost).toEqual([])
    },
  )

  test('in the middle of the body rejects with the reason', async () => {
    const server = await service((_, response) => response.writeHead(200).write('{"jsonrpc"'))
    const { rpc } = await connected(server.url)
    const controller = new AbortController()
    const call = rpc.call('m', undefined, operation(controller.signal))
    await vi.waitFor(() => expect(server.requests.length).toBe(1))
    const reason = new CancelledError()
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
  })

  test('while it waits for a connection is never sent', async () => {
    const held: (() => void)[] = []
    const server = await service(({ text }, response) => {
      const { id } = JSON.parse(text)
      held.push(() => send(response, 200, JSON.stringify({ jsonrpc: '2.0', id, result: id })))
    })
    const { rpc } = await connected(server.url, { config: { pool_size: 1 } })
    const first = rpc.call('first', undefined, context)
    const controller = new AbortController()
    const second = rpc.call('second', undefined, operation(controller.signal))
    const third = rpc.call('third', undefined, context)
    await vi.waitFor(() => expect(held.length).toBe(1))
    const reason = new CancelledError()
    controller.abort(reason)
    await expect(second).rejects.toBe(reason)
    held[0]!()
    expect(await first).toBe(1)
    await vi.waitFor(() => expect(held.length).toBe(2))
    held[1]!()
    expect(await third).toBe(3)
    expect(server.requests.map(({ text }) => JSON.parse(text).method)).toEqual(['first', 'third'])
  })

  test('before it began, and unanswered, rejects with the reason', async () => {
    const server = await service(() => {})
    const { rpc } = await connected(server.url)
    const reason = new CancelledError()
    await expect(rpc.call('m', undefined, operation(AbortSignal.abort(reason)))).rejects.toBe(reason)
  })

  test.each([1, 200])('in silence lets go of the connection at its deadline, in %i ms', async (ms) => {
    let closed = false
    const server = await service((_, response) => {
      response.on('close', () => {
        closed = true
      })
    })
    const { rpc, context: fake } = await connected(server.url)
    const call = rpc.call('m', undefined, { deadline: fake.clock.monotonic() + ms, signal: never() })
    expect(await failureOf(call)).toMatchObject({ kind: 'timeout', integration: 'it' })
    await vi.waitFor(() => expect(closed).toBe(true))
    expect(fake.lost).toEqual([])
  })

  test('while connecting rejects with the reason', async () => {
    const { adapter } = rigFor('http://127.0.0.1:9')
    const reason = new CancelledError()
    await expect(adapter.connect(AbortSignal.abort(reason))).rejects.toBe(reason)
  })
})
