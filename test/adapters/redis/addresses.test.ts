import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { expect, it, onTestFinished } from 'vitest'
import { within } from '../../support/adapter-context.js'
import { startRedis } from '../../support/redis-server.js'
import { bare, bytes, Messages } from './fixture.js'

it('a unix socket is reached for commands and for what blocks', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nemo-redis-socket-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'redis.sock')
  await using server = await startRedis({ config: [`unixsocket ${path}`] })
  for (const address of [`unix:${path}`, `unix://${path}`]) {
    const { adapter, context } = bare(server.port, { endpoint: { addresses: [address] } })
    await adapter.connect(AbortSignal.timeout(5_000))
    const sink = new Messages()
    await adapter.pubsub!.subscribe('t', {}, sink, within())
    await adapter.pubsub!.publish('t', bytes('x'), {}, within())
    await expect.poll(() => sink.texts).toEqual(['x'])
    expect(context.lost).toEqual([])
  }
})

it('an error shows the path of a unix socket, and the port of any other address', async () => {
  for (const [address, shown] of [
    ['unix:/nowhere/redis.sock', 'unix:/nowhere/redis.sock'],
    ['redis://127.0.0.1:1/2', '127.0.0.1:1'],
    ['[::1]:1', '[::1]:1'],
  ] as const) {
    const { adapter } = bare(1, { endpoint: { addresses: [address] } })
    await expect(adapter.connect(AbortSignal.timeout(5_000))).rejects.toThrow(`connection to ${shown}:`)
  }
})

it('the address may name the database', async () => {
  await using server = await startRedis()
  const client = new Redis({ port: server.port, db: 2 })
  const at = (config: object) =>
    bare(server.port, { endpoint: { addresses: [`redis://127.0.0.1:${server.port}/2`] }, config }).adapter
  for (const adapter of [at({}), at({ database: 2 })]) {
    await adapter.connect(AbortSignal.timeout(5_000))
    await adapter.queue!.enqueue('jobs', bytes('x'), {}, within())
  }
  expect(await client.xlen('jobs')).toBe(2)
  await expect(at({ database: 3 }).connect(AbortSignal.timeout(5_000))).rejects.toMatchObject({
    kind: 'connection',
    retryable: false,
    message: expect.stringMatching(/names database 2 but config.database is 3/),
  })
  client.disconnect()
})
