import { describe, expect, test } from 'vitest'
import { AuthError, ConnectionError } from '../../../src/core/errors/connection.js'
import { until, within } from '../../support/adapter-context.js'
import { freePort } from '../../support/server-process.js'
import { fakeServer, INFO, pongs } from './fake-server.js'
import { bytes, collector, connected, rigFor, serverFor, stranger } from './harness.js'

/** Connects, and gives the error. */
const failure = (given: Parameters<typeof rigFor>[0], ms?: number) =>
  rigFor(given)
    .adapter.connect(within(ms).signal)
    .then(
      () => undefined,
      (error: unknown) => error,
    )

describe('what is no NATS server', () => {
  test.each([
    ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['sends noise', Buffer.from([0, 255, 13, 10, 1])],
    ['sends INFO that is no JSON', 'INFO {nonsense}\r\n'],
    ['sends INFO that is a list', 'INFO []\r\n'],
    ['goes on in nonsense', `${INFO}NONSENSE\r\n`],
    ['sends INFO without an end', `INFO {"a": "${'x'.repeat(1_100_000)}`],
  ])('%s: a ConnectionError that says so', async (_, greeting) => {
    const { port } = await fakeServer(greeting)
    const error = await failure({ port })
    expect(error).toBeInstanceOf(ConnectionError)
    expect((error as Error).message).toContain(`127.0.0.1:${port}`)
  })

  test('is silent: the attempt ends with its time', async () => {
    const { port, sockets } = await fakeServer('')
    expect(await failure({ port }, 150)).toMatchObject({ kind: 'timeout', operation: 'connect' })
    await until(() => sockets.every(({ destroyed }) => destroyed), 'the socket to be closed')
  })

  test('greets and is silent then: the attempt ends with its time', async () => {
    const { port, sockets } = await fakeServer(INFO, () => {})
    expect(await failure({ port }, 150)).toMatchObject({ kind: 'timeout', operation: 'connect' })
    await until(() => sockets.every(({ destroyed }) => destroyed), 'the socket to be closed')
  })

  test('is not there', async () => {
    const error = await failure({ port: await freePort() })
    expect(error).toMatchObject({ kind: 'connection', retryable: true })
    expect((error as Error).message).toContain('refused')
  })
})

describe('a server that goes wrong while we are connected', () => {
  test.each([
    ['a broken message', 'MSG a 1 x\r\n'],
    ['a line without an end', `-ERR ${'x'.repeat(1_100_000)}`],
    ['INFO that is no JSON', 'INFO nonsense\r\n'],
    ['the end of the stream', ''],
    ['an error', "-ERR 'Slow Consumer'\r\n"],
  ])('%s: the connection is lost, once', async (_, noise) => {
    const { port, sockets } = await fakeServer()
    const { adapter, context } = await connected({ port })
    sockets[0]!.end(noise)
    await until(() => context.lost.length > 0, 'the loss')
    expect(context.lost).toHaveLength(1)
    expect(context.lost[0]).toBeInstanceOf(ConnectionError)
    await expect(adapter.ping(within().signal)).rejects.toBeInstanceOf(ConnectionError)
    await adapter.connect(within().signal)
    await adapter.ping(within().signal)
  })

  test('an error that it gives as its reason is passed on; no longer being admitted too', async () => {
    const { port, sockets } = await fakeServer()
    const { context } = await connected({ port })
    sockets[0]!.end("-ERR 'User Authentication Expired'\r\n")
    await until(() => context.lost.length > 0, 'the loss')
    expect(context.lost[0]!.message).toContain('User Authentication Expired')
    expect(context.lost[0]!.cause).toBeInstanceOf(AuthError)
  })

  test('silence is noticed after two intervals, and PING keeps a connection that is idle', async () => {
    let silent = false
    const { port } = await fakeServer(INFO, (socket, text) => {
      if (!silent) pongs(socket, text)
    })
    const { context } = await connected({ port, config: { ping_interval: 60 } })
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(context.lost).toEqual([])
    silent = true
    await until(() => context.lost.length === 1, 'the loss')
    expect(context.lost[0]!.message).toContain('did not answer PING')
  })

  test('a PING of the server is answered', async () => {
    const heard: string[] = []
    const { port, sockets } = await fakeServer(INFO, (socket, text) => {
      heard.push(text)
      pongs(socket, text)
    })
    await connected({ port })
    sockets[0]!.write('PING\r\n')
    await until(() => heard.join('').includes('PONG\r\n'), 'PONG')
    expect(heard.join('')).toContain('"name":"nemo-test')
  })
})

test('a token of ours that is refused is made anew, once', async () => {
  let refusals = 1
  const { port, sockets } = await fakeServer(INFO, (socket, text) => {
    if (refusals-- > 0) socket.end("-ERR 'Authorization Violation'\r\n")
    else pongs(socket, text)
  })
  const auth = {
    type: 'jwt',
    key: { kind: 'secret', secret: 'a secret of at least 32 characters' },
    algorithm: 'HS256',
    expiresInMs: 60_000,
    claims: {},
  } as const
  await connected({ port, auth })
  expect(sockets).toHaveLength(2)
  refusals = 2
  expect(await failure({ port, auth })).toBeInstanceOf(AuthError)
  expect(sockets).toHaveLength(4)
})

describe('several servers', () => {
  test('those that refuse or do not answer are passed over', async () => {
    const silent = await fakeServer('')
    const good = await fakeServer()
    const addresses = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${silent.port}`, `127.0.0.1:${good.port}`]
    const { adapter } = await connected({ endpoint: { addresses }, timeoutMs: 900 })
    await adapter.ping(within().signal)
    expect(good.sockets).toHaveLength(1)
  })

  test('credentials that one refuses are not shown to the next', async () => {
    const refusing = await fakeServer(INFO, (socket) => socket.end("-ERR 'Authorization Violation'\r\n"))
    const other = await fakeServer()
    const addresses = [refusing, other].map(({ port }) => `127.0.0.1:${port}`)
    expect(await failure({ endpoint: { addresses } })).toBeInstanceOf(AuthError)
    expect(other.sockets).toHaveLength(0)
  })

  test('servers of a cluster are found; one that ends politely is left for another, with nothing under way lost', async () => {
    const [routeA, routeB] = [await freePort(), await freePort()]
    const cluster = (own: number, other: number) => [
      `cluster { name: "c", listen: "127.0.0.1:${own}", routes: ["nats://127.0.0.1:${other}"] }`,
    ]
    const a = await serverFor({ jetstream: false, config: cluster(routeA, routeB) })
    const b = await serverFor({ jetstream: false, config: cluster(routeB, routeA) })
    const client = await stranger(b)
    client.subscribe('slow', {
      callback: (_, message) => void setTimeout(() => message.respond(bytes('"answered"')), 300),
    })
    await client.flush()
    const { adapter, context } = await connected({ port: a.port })
    const call = () => adapter.rpc.call('slow', 1, within())
    // The route between the servers may not stand yet.
    let answer: unknown
    for (const end = Date.now() + 10_000; answer === undefined && Date.now() < end; )
      answer = await call().catch(() => undefined)
    expect(answer).toBe('answered')

    const pending = call()
    a.lameDuck()
    await until(() => context.lost.length === 1, 'the farewell')
    expect(context.lost[0]!.message).toContain('lame duck')
    expect(await pending).toBe('answered')
    // Known from the first server alone.
    await adapter.connect(within().signal)
    expect(await call()).toBe('answered')
    await a.kill()
  }, 30_000)
})

describe('connecting and disconnecting', () => {
  test('disconnect ends an attempt, an established connection, and nothing', async () => {
    const { port } = await fakeServer('')
    const { adapter, context } = rigFor({ port })
    await adapter.disconnect()
    const attempt = adapter.connect(within(60_000).signal).catch((error: unknown) => error)
    await adapter.disconnect()
    expect(await attempt).toBeInstanceOf(ConnectionError)
    const server = await serverFor()
    const { adapter: other, context: otherContext } = await connected({ port: server.port })
    await other.disconnect()
    await other.disconnect()
    await expect(Promise.resolve(other.pubsub.publish('t', bytes(''), {}, within()))).rejects.toBeInstanceOf(
      ConnectionError,
    )
    expect([...context.lost, ...otherContext.lost]).toEqual([])
  })

  test('what was published before disconnect arrives', async () => {
    const server = await serverFor()
    const { adapter } = await connected({ port: server.port })
    const client = await stranger(server)
    let heard = 0
    client.subscribe('many', { callback: () => void heard++ })
    await client.flush()
    const payload = Buffer.alloc(20_000)
    const written: (Promise<void> | undefined)[] = []
    for (let n = 0; n < 500; n++) written.push(adapter.pubsub.publish('many', payload, {}, within()))
    await Promise.all(written)
    await adapter.disconnect()
    await until(() => heard === 500, 'all of them')
  })

  test('the loss of one link is the loss of all', async () => {
    const server = await serverFor()
    const { adapter, context } = await connected({ port: server.port })
    const { sink } = collector()
    await adapter.pubsub.subscribe('t', {}, sink, within())
    await adapter.service.serve('m', sink as never, within())
    await server.kill()
    await until(() => context.lost.length > 0, 'the loss')
    await expect(adapter.ping(within().signal)).rejects.toBeInstanceOf(ConnectionError)
    expect(context.lost).toHaveLength(1)
  })
})
