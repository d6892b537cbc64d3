import { afterEach, describe, expect, test } from 'vitest'
import { Gateway, type Subscription } from '../../src/index.js'
import { FaultProxy } from '../support/fault-proxy.js'
import { type RedisServer, startRedis } from '../support/redis-server.js'
import { waitFor } from '../support/wait-for.js'
import { connected } from './support/kill.js'
import { QueueLoad } from './support/queue-load.js'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Ordeal {
  readonly server: RedisServer
  readonly proxy: FaultProxy
  readonly gateway: Gateway
  readonly load: QueueLoad
  /** Of the worker, to what the sender publishes. */
  readonly subscription: Subscription<number>
}

/** A server whose disk is written before it answers, behind a proxy, and a queue under load over it. */
async function begin(): Promise<Ordeal> {
  const server = await startRedis({ config: ['appendonly yes', 'appendfsync always'] })
  cleanups.push(() => server.stop())
  const proxy = await FaultProxy.start(server.port)
  cleanups.push(() => proxy.close())
  const integration = {
    type: 'redis',
    endpoint: { address: `127.0.0.1:${proxy.port}` },
    config: { keep_alive: '400ms', block: '100ms', claim_after: '1s' },
    supervision: { heartbeat: '2s' },
    reconnect: { delay: '50ms', max_delay: '200ms', max_attempts: -1 },
    circuit_breaker: { failure_threshold: 1_000_000 },
    timeout: '5s',
  }
  const gateway = await Gateway.start({ integrations: { sender: integration, worker: integration } })
  cleanups.push(() => gateway.shutdown({ timeout: 0 }))
  await connected(gateway, 'sender', 'worker')
  const subscription = await gateway.pubsub('worker').subscribe<number>('beat/#')
  const load = QueueLoad.start(gateway, 'jobs')
  cleanups.push(() => load.stop())
  await load.more(100)
  return { server, proxy, gateway, load, subscription }
}

/** Resolves when both integrations have noticed that something is wrong. */
async function noticed({ gateway }: Ordeal): Promise<void> {
  for (const name of ['sender', 'worker'])
    await waitFor(() => gateway.connections.status(name).state !== 'connected', {
      what: `${name} to notice`,
      timeoutMs: 20_000,
    })
}

/** Nothing acknowledged is lost, nothing hangs, and the subscription stands. */
async function survived({ gateway, load, subscription }: Ordeal): Promise<void> {
  await connected(gateway, 'sender', 'worker')
  await load.more(100)
  await load.survived()
  const seen = subscription.recv()
  let arrived = false
  void seen.then(() => {
    arrived = true
  })
  await waitFor(
    async () => {
      await gateway.pubsub('sender').publish('beat/1', 1)
      return arrived
    },
    { what: 'the subscription to stand', everyMs: 50 },
  )
  expect((await seen)?.value).toBe(1)
  for (const name of ['sender', 'worker']) expect(gateway.metrics().integrations[name]!.restarts).toBe(0)
}

describe('a queue of Redis under load loses nothing', () => {
  test('when the server is killed and comes back, again and again', async () => {
    const ordeal = await begin()
    for (let round = 0; round < 3; round++) {
      await ordeal.server.kill()
      await noticed(ordeal)
      await ordeal.server.restart()
      await ordeal.load.more(100)
    }
    await survived(ordeal)
  }, 90_000)

  test('when the server is frozen for longer than the keep-alive', async () => {
    const ordeal = await begin()
    ordeal.server.pause()
    await noticed(ordeal)
    ordeal.server.resume()
    await survived(ordeal)
  }, 60_000)

  test('when connections are half open', async () => {
    const ordeal = await begin()
    ordeal.proxy.inject({ kind: 'stall' })
    await noticed(ordeal)
    ordeal.proxy.heal()
    await survived(ordeal)
  }, 60_000)

  test.each(['to-server', 'to-client'] as const)(
    'when connections are reset in the middle of a frame %s',
    async (direction) => {
      const ordeal = await begin()
      for (const afterBytes of [1, 7, 333, 5_003]) {
        ordeal.proxy.inject({ kind: 'cut', direction, afterBytes, how: 'reset' })
        const { accepted } = ordeal.proxy
        await waitFor(() => ordeal.proxy.accepted > accepted, { what: 'a new connection' })
        ordeal.proxy.heal()
        await ordeal.load.more(50)
      }
      await survived(ordeal)
    },
    60_000,
  )

  test('when the network is slow', async () => {
    const ordeal = await begin()
    ordeal.proxy.inject({ kind: 'latency', ms: 60 })
    await ordeal.load.more(100)
    ordeal.proxy.heal()
    await survived(ordeal)
  }, 60_000)

  test('when bytes come one at a time', async () => {
    const ordeal = await begin()
    ordeal.proxy.inject({ kind: 'dribble', bytes: 1, everyMs: 0 })
    await ordeal.load.more(3)
    ordeal.proxy.heal()
    await survived(ordeal)
  }, 60_000)
})
