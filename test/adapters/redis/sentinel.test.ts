import { Redis } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { Gateway } from '../../../src/index.js'
import { type RedisServer, startRedis } from '../../support/redis-server.js'
import { waitFor } from '../../support/wait-for.js'
import { bare, connected } from './fixture.js'

const servers: (RedisServer | Gateway | Redis)[] = []
afterEach(async () => {
  for (const each of servers.splice(0).reverse()) {
    if (each instanceof Gateway) await each.shutdown({ timeout: 0 })
    else if (each instanceof Redis) each.disconnect()
    else await each.stop()
  }
})

async function start(...options: Parameters<typeof startRedis>): Promise<RedisServer> {
  const server = await startRedis(...options)
  servers.push(server)
  return server
}

function plain(port: number): Redis {
  const client = new Redis({ port })
  client.on('error', () => {})
  servers.push(client)
  return client
}

/** A master with a replica, and a sentinel that is quick to judge. */
async function family() {
  const master = await start()
  const replica = await start({
    config: [`replicaof 127.0.0.1 ${master.port}`, 'repl-diskless-sync-delay 0'],
  })
  const state = plain(replica.port)
  await waitFor(async () => String(await state.info('replication')).includes('master_link_status:up'), {
    what: 'the replica to follow',
  })
  const sentinel = await start({
    sentinel: true,
    config: [
      `sentinel monitor family 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds family 400',
      'sentinel failover-timeout family 3000',
    ],
  })
  // Sentinels ask a master for its replicas every ten seconds, the first time at once.
  const judge = plain(sentinel.port)
  await waitFor(
    async () => ((await judge.call('SENTINEL', 'REPLICAS', 'family')) as unknown[]).length === 1,
    {
      what: 'the sentinel to know the replica',
      timeoutMs: 20_000,
    },
  )
  return { master, replica, sentinel, judge }
}

const config = { sentinel: { master: 'family' }, block: '100ms', keep_alive: '500ms' }

test.each(['killed', 'demoted'] as const)(
  'when the master is %s, the next one is found',
  async (how) => {
    const { master, sentinel, replica, judge } = await family()
    const nobody = '127.0.0.1:1'
    const integration = {
      type: 'redis',
      endpoint: { address: [nobody, `127.0.0.1:${sentinel.port}`] },
      config,
      reconnect: { delay: '50ms', max_delay: '200ms', max_attempts: -1 },
      circuit_breaker: { failure_threshold: 1_000_000 },
    }
    const gateway = await Gateway.start({ integrations: { redis: integration } })
    servers.push(gateway)
    await waitFor(() => gateway.connections.status('redis').state === 'connected', { what: 'the connection' })
    const seen = new Set<number>()
    const consumer = gateway.queue('redis').consume<number>('jobs')
    void consumer.each(({ value }) => void seen.add(value))
    const subscription = await gateway.pubsub('redis').subscribe('news')
    await gateway.queue('redis').send('jobs', 1)
    await waitFor(() => seen.has(1), { what: 'the first message' })

    if (how === 'killed') await master.kill()
    else await judge.call('SENTINEL', 'FAILOVER', 'family')
    const next = plain(replica.port)
    await waitFor(async () => String(await next.info('replication')).includes('role:master'), {
      what: 'the replica to become master',
      timeoutMs: 25_000,
    })
    // The sentinel would do it too, after a while.
    if (how === 'demoted') await plain(master.port).replicaof('127.0.0.1', replica.port)
    await waitFor(
      async () => {
        await gateway
          .queue('redis')
          .send('jobs', 2, { timeout: '2s' })
          .catch(() => {})
        return seen.has(2)
      },
      { what: 'a message over the new master', timeoutMs: 20_000, everyMs: 50 },
    )
    await waitFor(
      async () => {
        await next.publish('news', '"hello"')
        return gateway.metrics().integrations.redis!.counts.received > 0
      },
      { what: 'the subscription at the new master', timeoutMs: 20_000, everyMs: 50 },
    )
    expect((await subscription.recv())?.value).toBe('hello')
  },
  60_000,
)

test('a master that the sentinel does not know is a ConnectionError that names it', async () => {
  const sentinel = await start({ sentinel: true, config: ['sentinel monitor other 127.0.0.1 1 1'] })
  const { adapter } = bare(sentinel.port, { config })
  await expect(adapter.connect(AbortSignal.timeout(5_000))).rejects.toMatchObject({
    kind: 'connection',
    message: expect.stringMatching(/does not watch a master named "family"/),
  })
})

test('a sentinel wants its own password; a wrong one is an AuthError', async () => {
  const master = await start({ config: ['requirepass outer'] })
  const sentinel = await start({
    sentinel: true,
    config: [
      'requirepass inner',
      `sentinel monitor family 127.0.0.1 ${master.port} 1`,
      'sentinel auth-pass family outer',
    ],
  })
  const auth = { type: 'password', password: 'outer' } as const
  const withPassword = (password: string) => ({ sentinel: { master: 'family', password } })
  const { adapter } = await connected(sentinel.port, { auth, config: withPassword('inner') })
  await adapter.ping!(AbortSignal.timeout(5_000))
  const refused = bare(sentinel.port, { auth, config: withPassword('guess') }).adapter
  const error = await refused.connect(AbortSignal.timeout(5_000)).catch((failure: Error) => failure)
  expect(error).toMatchObject({ kind: 'auth' })
  expect((error as Error).message).not.toMatch(/guess|outer/)
})
