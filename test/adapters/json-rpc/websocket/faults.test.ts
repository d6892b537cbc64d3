import { describe, expect, onTestFinished, test } from 'vitest'
import { GOING_AWAY } from '../../../../src/adapters/json-rpc/going-away.js'
import { operation, until } from '../../../support/adapter-context.js'
import { failureOf } from '../../../support/failure-of.js'
import { FaultProxy } from '../../../support/fault-proxy.js'
import { connected, rigFor } from '../harness.js'
import { notification, type Request, recorder, replyTo, service } from './harness.js'

const context = operation()

describe('the end of the connection', () => {
  test.each([
    [1001, '', 'the server closed the connection (1001): it is going away', undefined],
    [1012, '', 'the server closed the connection (1012): it restarts', 'service-unavailable'],
    [1013, 'busy', 'the server closed the connection (1013): it is overloaded: busy', 'service-unavailable'],
    [4000, 'x\u0007y', 'the server closed the connection (4000): unregistered code: x?y', undefined],
  ])(
    'with code %i fails what is under way and is reported once',
    async (code, reason, message, errorClass) => {
      const server = await service((_, { socket }) => socket.close(code, reason))
      const { rpc, context: adapter } = await connected(server.url)
      const error = await failureOf(rpc.call('a', undefined, context))
      expect(error).toMatchObject({ kind: 'connection', message, integration: 'it', retryable: true })
      if (errorClass !== undefined) expect(error.errorClass).toBe(errorClass)
      expect(adapter.lost.map((each) => each.message)).toEqual([message])
      expect((await failureOf(rpc.call('b', undefined, context))).message).toBe('not connected')
    },
  )

  test('without a farewell', async () => {
    const server = await service((_, { socket }) => socket.terminate())
    const { rpc, context: adapter } = await connected(server.url)
    expect((await failureOf(rpc.call('a', undefined, context))).kind).toBe('connection')
    expect(adapter.lost.length).toBe(1)
  })

  test('that we make is reported to nobody but those who wait', async () => {
    const server = await service(() => {})
    const { rpc, adapter, context: house } = await connected(server.url)
    const waiting = failureOf(rpc.call('a', undefined, context))
    await adapter.disconnect()
    expect((await waiting).kind).toBe('connection')
    expect(house.lost).toEqual([])
    await until(() => server.peers[0]!.socket.readyState === 3, 'the server to see it')
  })

  test('a server that does not say goodbye does not hold us up', async () => {
    const server = await service(() => {})
    const { adapter } = await connected(server.url)
    server.peers[0]!.socket.pause()
    await adapter.disconnect()
  })

  test('silence after a ping is the end', async () => {
    const server = await service()
    const proxy = await FaultProxy.start(server.port)
    onTestFinished(() => proxy.close())
    const { rpc, context: house } = await connected(`ws://127.0.0.1:${proxy.port}`, {
      config: { ping_interval: 20 },
    })
    expect(await rpc.call('echo', [1], context)).toEqual([1])
    proxy.inject({ kind: 'stall' })
    const waiting = failureOf(rpc.call('echo', [1], context))
    await until(() => house.lost.length === 1, 'the loss')
    expect((await waiting).message).toBe('the server does not answer pings')
  })

  test('a quiet server that answers pings is alive', async () => {
    const server = await service()
    const { context: house } = await connected(server.url, { config: { ping_interval: 30 } })
    let pings = 0
    server.peers[0]!.socket.on('ping', () => pings++)
    await until(() => pings >= 5, 'five pings')
    expect(house.lost).toEqual([])
  })
})

describe('what no server should send', () => {
  test.each(['', 'no json', '{', '[1,', '\ufeff{]'])('%j ends the connection', async (text) => {
    const server = await service((_, { socket }) => socket.send(text))
    const { rpc, context: house } = await connected(server.url)
    expect((await failureOf(rpc.call('a', undefined, context))).message).toMatch(
      /expected a JSON-RPC message/,
    )
    expect(house.lost.length).toBe(1)
  })

  test.each([
    '1',
    'null',
    '"x"',
    '[]',
    '[1,[2],null]',
    '{}',
    '{"id":99,"result":1}',
    '{"jsonrpc":"2.0","id":"01","result":1}',
    '{"jsonrpc":"2.0","id":"x","result":1}',
    '{"jsonrpc":"2.0","method":7}',
    '{"jsonrpc":"2.0","method":"__proto__","params":{"__proto__":{"polluted":1}}}',
  ])('%s is passed over', async (text) => {
    const server = await service((_, { socket }) => {
      socket.send(text)
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, result: 'fine' }))
    })
    const { rpc } = await connected(server.url)
    expect(await rpc.call('a', undefined, context)).toBe('fine')
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  test.each([
    ['no version', { id: 1, result: 1 }],
    ['neither', { jsonrpc: '2.0', id: 1 }],
    ['both', { jsonrpc: '2.0', id: 1, result: 1, error: { code: 1, message: '' } }],
  ])('an answer with %s is the fault of its call', async (_, reply) => {
    const server = await service((__, { socket }) => socket.send(JSON.stringify(reply)))
    const { rpc, context: house } = await connected(server.url, { config: { strict: true } })
    expect((await failureOf(rpc.call('a', undefined, context))).kind).toBe('serialize')
    expect(house.lost).toEqual([])
  })

  test('an error without an id ends no call: it may be about anything', async () => {
    const server = await service((text, { socket }) => {
      socket.send('{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request"}}')
      socket.send(JSON.stringify(replyTo({ ...(JSON.parse(text) as Request), params: 'fine' })))
    })
    const { rpc, context: house } = await connected(server.url)
    for (let i = 0; i < 25; i++) expect(await rpc.call('a', undefined, context)).toBe('fine')
    // Counted: the first and the tenth are logged.
    expect(house.records).toMatchObject([
      { level: 'warn', count: 1, reason: expect.stringContaining('-32600 Invalid Request') },
      { level: 'warn', count: 10 },
    ])
  })

  test('a message beyond the limit ends the connection and names the limit', async () => {
    const server = await service((text, { socket }) => {
      const request = JSON.parse(text) as Request
      socket.send(JSON.stringify(replyTo({ ...request, params: 'x'.repeat(3000) })))
    })
    const limits = { memory: 1e9, frame: 2048 }
    const { rpc, context: house } = await connected(server.url, { limits })
    expect(await failureOf(rpc.call('a', undefined, context))).toMatchObject({
      kind: 'serialize',
      reason: 'the server sent a message that exceeds the limit of 2048 bytes',
    })
    await until(() => house.lost.length === 1, 'the loss')
  })

  test('a call of ours is answered: we serve nothing', async () => {
    const server = await service()
    await connected(server.url)
    await until(() => server.peers.length === 1, 'the connection')
    server.broadcast('{"jsonrpc":"2.0","id":"q","method":"who"}')
    await until(() => server.peers[0]!.received.length === 1, 'the answer')
    expect(JSON.parse(server.peers[0]!.received[0]!)).toEqual({
      jsonrpc: '2.0',
      id: 'q',
      error: { code: -32601, message: 'Method not found' },
    })
  })
})

test('one byte at a time', async () => {
  const server = await service()
  const proxy = await FaultProxy.start(server.port)
  onTestFinished(() => proxy.close())
  const { rpc, adapter } = rigFor(`ws://127.0.0.1:${proxy.port}`)
  await adapter.connect(new AbortController().signal)
  const { sink, messages } = recorder()
  await adapter.pubsub!.subscribe('news', {}, sink, context)
  proxy.inject({ kind: 'dribble', bytes: 1, everyMs: 0 })
  const call = rpc.call('echo', ['ü'], context)
  server.broadcast(notification('news', ['é']))
  expect(await call).toEqual(['ü'])
  await until(() => messages.length === 1, 'the message')
  expect(messages).toEqual([{ topic: 'news', value: ['é'] }])
})

describe('a server of the gateway that stops', () => {
  const refusal = (id: number | undefined) => JSON.stringify({ jsonrpc: '2.0', id, error: { ...GOING_AWAY } })

  test('refuses a call, which may be made again; later calls wait for the next connection', async () => {
    const waiting: (() => void)[] = []
    const server = await service((text, { socket }) => {
      const request = JSON.parse(text) as Request
      if (request.method === 'new') socket.send(refusal(request.id))
      else waiting.push(() => socket.send(JSON.stringify(replyTo(request))))
    })
    const { rpc, adapter, context: house } = await connected(server.url)
    const old = rpc.call('old', [1], context)
    await until(() => waiting.length === 1, 'the call to arrive')
    expect(await failureOf(rpc.call('new', undefined, context))).toMatchObject({
      kind: 'rpc',
      code: -32000,
      notExecuted: true,
      retryable: true,
      errorClass: 'service-unavailable',
    })
    expect(house.lost).toMatchObject([{ kind: 'connection', errorClass: 'service-unavailable' }])
    expect(await failureOf(rpc.call('again', undefined, context))).toMatchObject({
      message: 'not connected',
      notExecuted: true,
    })

    await adapter.connect(new AbortController().signal)
    expect(server.peers).toHaveLength(2)
    const next = rpc.call('next', [2], context)
    await until(() => waiting.length === 2, 'the call to arrive on the new connection')
    expect(server.peers[1]!.received).toHaveLength(1)
    for (const answer of waiting) answer()
    expect(await Promise.all([old, next])).toEqual([[1], [2]])
    // Its last answer ends the old connection, and that is not the loss of the new one.
    await until(() => server.peers[0]!.socket.readyState === 3, 'the old connection to end')
    expect(server.peers[1]!.socket.readyState).toBe(1)
    expect(house.lost).toHaveLength(1)
  })

  test('a connection that is still needed ends with ours', async () => {
    const server = await service((text, { socket }) => {
      const { id, method } = JSON.parse(text) as Request
      if (method === 'new') socket.send(refusal(id))
    })
    const { rpc, adapter } = await connected(server.url)
    const old = failureOf(rpc.call('old', [1], context))
    await failureOf(rpc.call('new', undefined, context))
    await adapter.disconnect()
    expect((await old).kind).toBe('connection')
    await until(() => server.peers[0]!.socket.readyState === 3, 'the server to see it')
  })

  test('an error of another server with the same code says nothing of the kind', async () => {
    const server = await service((text, { socket }) => {
      const { id } = JSON.parse(text) as Request
      const { code, message } = GOING_AWAY
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, data: { nemo: 1 } } }))
    })
    const { rpc, context: house } = await connected(server.url)
    const error = await failureOf(rpc.call('m', undefined, context))
    expect(error).toMatchObject({ kind: 'rpc', retryable: false })
    expect(error.notExecuted).toBeUndefined()
    expect(house.lost).toEqual([])
  })
})
