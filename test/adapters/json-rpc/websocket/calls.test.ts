import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../../src/core/clock.js'
import { operation, until, within } from '../../../support/adapter-context.js'
import { failureOf } from '../../../support/failure-of.js'
import { connected, rigFor } from '../harness.js'
import { echo, type Request, replyTo, service } from './harness.js'

const context = operation()

describe('over WebSocket', () => {
  test('a call is answered by its id, whatever the order', async () => {
    const held: Request[] = []
    const server = await service((text, { socket }) => {
      held.push(JSON.parse(text) as Request)
      if (held.length === 3) for (const each of held.reverse()) socket.send(JSON.stringify(replyTo(each)))
    })
    const { rpc } = await connected(server.url)
    const calls = [1, 2, 3].map((n) => rpc.call('echo', [n], context))
    expect(await Promise.all(calls)).toEqual([[1], [2], [3]])
    expect(server.peers.length).toBe(1)
    expect(JSON.parse(server.peers[0]!.received[0]!)).toEqual({
      jsonrpc: '2.0',
      method: 'echo',
      params: [1],
      id: 1,
    })
  })

  test('an error of the server is an RpcError', async () => {
    const server = await service()
    const { rpc } = await connected(server.url)
    expect(await failureOf(rpc.call('fail', undefined, context))).toMatchObject({
      kind: 'rpc',
      code: 7,
      message: 'fail',
      integration: 'it',
    })
  })

  test('a notification has no id and waits for nothing', async () => {
    const server = await service()
    const { rpc } = await connected(server.url)
    await rpc.notify('told', { a: 1 }, context)
    await until(() => server.peers[0]!.received.length === 1, 'the notification')
    expect(JSON.parse(server.peers[0]!.received[0]!)).toEqual({
      jsonrpc: '2.0',
      method: 'told',
      params: { a: 1 },
    })
  })

  test('a batch is one message, its outcomes in order', async () => {
    const server = await service()
    const { rpc } = await connected(server.url)
    const calls = [{ method: 'a', params: [1] }, { method: 'fail' }, { method: 'c', params: [3] }]
    expect(await rpc.batch!(calls, context)).toMatchObject([
      { ok: true, value: [1] },
      { ok: false, error: { kind: 'rpc', code: 7 } },
      { ok: true, value: [3] },
    ])
    expect(server.peers[0]!.received.length).toBe(1)
  })

  test('a call that the batch of answers leaves out fails', async () => {
    const server = await service((text, { socket }) => {
      const [first] = JSON.parse(text) as Request[]
      socket.send(JSON.stringify([replyTo(first!)]))
    })
    const { rpc } = await connected(server.url)
    expect(await rpc.batch!([{ method: 'a' }, { method: 'b' }], context)).toMatchObject([
      { ok: true, value: null },
      { ok: false, error: { kind: 'serialize', reason: expect.stringContaining('no answer to this call') } },
    ])
  })

  test('batch_size gathers what is asked for in one turn', async () => {
    const server = await service()
    const { rpc } = await connected(server.url, { config: { batch_size: 4 } })
    const calls = [0, 1, 2, 3, 4].map((n) => rpc.call('echo', [n], context))
    const told = rpc.notify('told', undefined, context)
    expect(await Promise.all(calls)).toEqual([[0], [1], [2], [3], [4]])
    await told
    const sizes = server.peers[0]!.received.map((text) => (JSON.parse(text) as unknown[]).length)
    expect(sizes).toEqual([4, 2])
  })

  test('what cannot be sent fails alone', async () => {
    const server = await service()
    const { rpc } = await connected(server.url, { config: { batch_size: 4 } })
    const [good, bad, worse] = await Promise.allSettled([
      rpc.call('echo', [1], context),
      rpc.call('echo', { not: new Map() } as never, context),
      rpc.notify('told', { not: () => 1 } as never, context),
    ])
    expect(good).toMatchObject({ status: 'fulfilled', value: [1] })
    expect(bad).toMatchObject({ reason: { kind: 'serialize', integration: 'it' } })
    expect(worse).toMatchObject({ reason: { kind: 'serialize', integration: 'it' } })
  })

  test('no more calls are under way than max_in_flight', async () => {
    const held: (() => void)[] = []
    const server = await service((text, peer) => void held.push(() => echo(text, peer)))
    const { rpc } = await connected(server.url, { config: { max_in_flight: 2 } })
    const calls = [0, 1, 2, 3, 4].map((n) => rpc.call('echo', [n], context))
    for (let answered = 0; answered < 5; answered++) {
      await until(() => held.length === Math.min(5, answered + 2), 'two calls under way')
      held[answered]!()
    }
    expect(await Promise.all(calls)).toEqual([[0], [1], [2], [3], [4]])
  })

  test('a call that is given up makes room, and its late answer is no news', async () => {
    const held: (() => void)[] = []
    const server = await service((text, peer) => {
      if (text.includes('slow')) held.push(() => echo(text, peer))
      else echo(text, peer)
    })
    const { rpc, context: adapter } = await connected(server.url, { config: { max_in_flight: 1 } })
    const controller = new AbortController()
    const given = rpc.call('slow', undefined, operation(controller.signal))
    await until(() => held.length === 1, 'the call')
    const next = rpc.call('next', [1], context)
    controller.abort(new Error('given up'))
    await expect(given).rejects.toThrow('given up')
    expect(await next).toEqual([1])
    held[0]!()
    expect(await rpc.call('again', [2], context)).toEqual([2])
    expect(adapter.records).toEqual([])
  })

  test('a deadline alone ends a call, too', async () => {
    const server = await service(() => {})
    const { rpc } = await connected(server.url)
    const never = { deadline: systemClock.monotonic() + 50, signal: new AbortController().signal }
    expect((await failureOf(rpc.call('never', undefined, never))).kind).toBe('timeout')
  })

  test('the headers of the configuration and the credentials go with the handshake', async () => {
    const server = await service()
    await connected(server.url, {
      config: { headers: { 'x-tenant': 'acme' } },
      auth: { type: 'bearer', token: 'abc' },
    })
    const { headers } = server.peers[0]!.request
    expect(headers).toMatchObject({ 'x-tenant': 'acme', authorization: 'Bearer abc' })
    expect(headers).not.toHaveProperty('content-type')
  })

  test.each([
    [401, { kind: 'auth' }],
    [403, { kind: 'auth' }],
    [429, { kind: 'rate-limited', retryAfterMs: 2000 }],
    [503, { kind: 'connection', errorClass: 'service-unavailable', retryAfterMs: 2000 }],
    [404, { kind: 'connection', reason: 'expected a WebSocket, found HTTP 404 Not Found' }],
  ])('a handshake answered with %i', async (status, expected) => {
    const server = await service(echo, { refuse: { status, headers: { 'retry-after': '2' } } })
    const { adapter } = rigFor(server.url)
    const { signal } = new AbortController()
    expect(await failureOf(adapter.connect(signal))).toMatchObject({ ...expected, integration: 'it' })
  })

  test('ping waits for a pong', async () => {
    const server = await service()
    const { adapter } = await connected(server.url)
    await adapter.ping!(within().signal)
    server.peers[0]!.socket.pause()
    await expect(adapter.ping!(AbortSignal.timeout(20))).rejects.toThrow()
  })

  test('the next address is tried when one refuses', async () => {
    const gone = await service()
    await gone.close()
    const server = await service()
    const { rpc } = await connected([gone.url, server.url])
    expect(await rpc.call('echo', [1], context)).toEqual([1])
  })

  test('addresses of HTTP and WebSocket do not mix', async () => {
    const { adapter } = rigFor(['ws://127.0.0.1:1', 'http://127.0.0.1:1'])
    expect(await failureOf(adapter.connect(new AbortController().signal))).toMatchObject({
      kind: 'connection',
      retryable: false,
      reason: 'expected an address with ws or wss, found the scheme "http"',
    })
  })
})

test('a handshake that is redirected tells where to, and is not followed', async () => {
  const server = await service(echo, {
    refuse: { status: 308, headers: { location: 'wss://elsewhere.example/rpc?key=secret' } },
  })
  const error = await failureOf(rigFor(server.url).adapter.connect(new AbortController().signal))
  expect(error).toMatchObject({ kind: 'connection', retryable: false })
  expect(error.message).toContain('redirects to wss://elsewhere.example/rpc (HTTP 308')
})

test('answers with ids as text, without a version and with null errors are read', async () => {
  const server = await service((text, { socket }) => {
    const { id, params } = JSON.parse(text) as { id: number; params: unknown }
    socket.send(JSON.stringify({ id: String(id), result: params, error: null }))
  })
  const { rpc } = await connected(server.url)
  const values = Array.from({ length: 20 }, (_, i) => [i])
  expect(await Promise.all(values.map((params) => rpc.call('m', params, operation())))).toEqual(values)
})
