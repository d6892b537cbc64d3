import { Redis } from 'ioredis'
import { expect, it } from 'vitest'
import { within } from '../../support/adapter-context.js'
import { startRedis } from '../../support/redis-server.js'
import { bare, bytes, connected, Deliveries } from './fixture.js'
import { hostile } from './hostile-server.js'

it.each([
  [
    '-LOADING Redis is loading the dataset in memory',
    { kind: 'connection', retryable: true, errorClass: 'service-unavailable' },
  ],
  ['-MASTERDOWN Link with MASTER is down', { kind: 'connection', retryable: true }],
  ['-ERR max number of clients reached', { kind: 'connection', retryable: true }],
  ['-NOAUTH Authentication required.', { kind: 'auth', retryable: false }],
  [
    "-ERR unknown command 'PING', with args beginning with: 'hunter2'",
    { kind: 'connection', retryable: false },
  ],
])('a greeting answered with %j', async (answer, expected) => {
  const { adapter } = bare(await hostile((name) => (name === 'ping' ? `${answer}\r\n` : undefined)))
  const error = await adapter.connect(AbortSignal.timeout(2_000)).catch((failure: Error) => failure)
  expect(error).toMatchObject(expected)
  expect((error as Error).message).not.toMatch(/hunter2/)
})

it('a password that is repeated in the refusal of AUTH is not shown', async () => {
  const port = await hostile((name) =>
    name === 'auth' ? "-WRONGPASS no user with 'hunter2'\r\n" : undefined,
  )
  const { adapter } = bare(port, { auth: { type: 'password', password: 'hunter2' } })
  const error = await adapter.connect(AbortSignal.timeout(2_000)).catch((failure: Error) => failure)
  expect(error).toMatchObject({ kind: 'auth', message: expect.stringContaining("no user with '****'") })
})

it.each([
  ["-READONLY You can't write against a read only replica.", { kind: 'connection', retryable: true }, true],
  ['-CLUSTERDOWN The cluster is down', { kind: 'enqueue', retryable: true }, false],
  ['-BUSY Redis is busy running a script.', { kind: 'enqueue', retryable: true }, false],
  ['-OOM command not allowed', { kind: 'enqueue', retryable: true }, false],
  ['-MISCONF Errors writing to the AOF file', { kind: 'enqueue', retryable: true }, false],
  ['-WRONGTYPE Operation against a key', { kind: 'enqueue', retryable: false, fault: 'local' }, false],
  ['-NOPERM this user has no permissions', { kind: 'auth', retryable: false, fault: 'local' }, false],
  ['-NOAUTH Authentication required.', { kind: 'auth', retryable: false }, false],
  ['-LOADING Redis is loading the dataset in memory', { kind: 'connection', retryable: true }, true],
  ['-MASTERDOWN Link with MASTER is down', { kind: 'connection', retryable: true }, true],
  [
    '-MOVED 3999 127.0.0.1:6381',
    {
      kind: 'enqueue',
      retryable: false,
      fault: 'local',
      message: expect.stringMatching(/config.cluster = true/),
    },
    false,
  ],
])('a command answered with %j', async (answer, expected, lost) => {
  const { adapter, context } = bare(await hostile((name) => (name === 'xadd' ? `${answer}\r\n` : undefined)))
  await adapter.connect(AbortSignal.timeout(2_000))
  await expect(adapter.queue!.enqueue('q', bytes('x'), {}, within())).rejects.toMatchObject({
    ...expected,
    notExecuted: true,
  })
  expect(context.lost.length).toBe(lost ? 1 : 0)
})

it('a command in a script that failed may have had effects', async () => {
  const { adapter } = bare(
    await hostile((name) =>
      name === 'evalsha' ? '-ERR user_script:3: no such thing script: 12ab\r\n' : undefined,
    ),
  )
  await adapter.connect(AbortSignal.timeout(2_000))
  const error = await adapter
    .queue!.enqueue('q', bytes('x'), { delayMs: 10 }, within())
    .catch((failure: unknown) => failure)
  expect(error).toMatchObject({ kind: 'enqueue', retryable: false })
  expect(error).not.toHaveProperty('notExecuted')
})

it('what comes after the end of a connection was not executed, what was sent before may have been', async () => {
  let cut = () => {}
  const port = await hostile((name, socket) => {
    if (name === 'xadd') cut = () => socket.destroy()
    return name === 'xadd' ? '' : undefined
  })
  const { adapter, context } = bare(port)
  await adapter.connect(AbortSignal.timeout(2_000))
  const enqueue = () => adapter.queue!.enqueue('q', bytes('x'), {}, within()).catch((error: unknown) => error)
  const sent = enqueue()
  await expect.poll(() => cut.toString()).toMatch(/destroy/)
  cut()
  expect(await sent).not.toHaveProperty('notExecuted')
  expect(await sent).toMatchObject({ kind: 'connection', retryable: true })
  expect(context.lost.length).toBe(1)
  expect(await enqueue()).toMatchObject({ kind: 'connection', notExecuted: true })
})

it('a database that the server does not have is refused at once, for good', async () => {
  await using server = await startRedis()
  const { adapter } = bare(server.port, { config: { database: 4_000 } })
  await expect(adapter.connect(AbortSignal.timeout(2_000))).rejects.toMatchObject({
    kind: 'connection',
    retryable: false,
    message: expect.stringMatching(/DB index is out of range/),
  })
})

it('scripts that the server has forgotten are sent again', async () => {
  await using server = await startRedis()
  const client = new Redis({ port: server.port })
  const { adapter } = await connected(server.port)
  const sink = new Deliveries()
  const consumer = await adapter.queue!.consume('q', sink, within())
  consumer.request(2)
  await adapter.queue!.enqueue('q', bytes('x'), {}, within())
  await expect.poll(() => sink.messages.length).toBe(1)
  await client.script('FLUSH')
  await sink.messages[0]!.nack(0)
  await expect.poll(() => sink.messages.length).toBe(2)
  client.disconnect()
})

it('a time-out or a cancellation while connecting ends the attempt', async () => {
  const silent = await hostile(() => '')
  const { adapter } = bare(silent)
  await expect(adapter.connect(AbortSignal.timeout(50))).rejects.toMatchObject({
    kind: 'connection',
    message: expect.stringMatching(/in time/),
  })
  const connecting = adapter.connect(AbortSignal.timeout(5_000))
  await adapter.disconnect()
  await expect(connecting).rejects.toMatchObject({ kind: 'connection' })
})

it('operations without a connection are refused', async () => {
  const { adapter } = bare(1)
  expect(() => adapter.pubsub!.publish('t', bytes('x'), {}, within())).toThrow(/not connected/)
  await expect(adapter.queue!.enqueue('q', bytes('x'), {}, within())).rejects.toMatchObject({
    kind: 'connection',
  })
})
