import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { FaultProxy } from '../support/fault-proxy.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { waitFor } from '../support/wait-for.js'
import { connected } from './support/kill.js'
import { Numbers } from './support/numbers.js'
import { underFire } from './support/under-fire.js'

const NAME = 'events'
/** More than one and a half keep-alives, after which either side gives the other up. */
const SILENCE_MS = 3_000

async function startBroker(): Promise<Mosquitto> {
  const broker = await startMosquitto({
    config: ['persistence true', 'autosave_interval 1', 'max_inflight_messages 0', 'log_type information'],
  })
  onTestFinished(() => broker.stop())
  return broker
}

async function startGateway(port: number, settings: object = {}): Promise<Gateway> {
  const gateway = await Gateway.start({
    integrations: {
      [NAME]: {
        type: 'mqtt',
        format: 'json',
        endpoint: { address: '127.0.0.1', port },
        config: { keep_alive: '1s', clean_session: false },
        reconnect: { delay: '50ms', max_delay: '200ms' },
        circuit_breaker: { failure_threshold: 1_000_000 },
        ...settings,
      },
    },
  })
  onTestFinished(() => gateway.shutdown({ timeout: 0 }))
  return gateway
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

describe('a broker', () => {
  test('that is killed and started again, twice', async () => {
    const broker = await startBroker()
    await underFire(
      await startGateway(broker.port),
      NAME,
      { perSecond: 300, durable: false },
      async ({ flowing, lost }) => {
        for (let i = 0; i < 2; i++) {
          await broker.kill()
          await lost()
          await broker.restart()
          await flowing()
        }
      },
    )
  }, 60_000)

  test('that is killed with a queue on its disk: all of it is handled', async () => {
    const broker = await startBroker()
    const gateway = await startGateway(broker.port)
    await connected(gateway, NAME)
    const queue = gateway.queue(NAME)
    const handled = new Numbers()
    let open!: () => void
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })
    const consumer = queue.consume<{ n: number }>('backlog', { concurrency: 2 })
    const working = consumer.each(async ({ value }) => {
      await opened
      handled.add(value.n)
    })
    // Until the consumer has begun, the broker keeps nothing, and says so.
    await waitFor(() => queue.send('backlog', { n: 0 }).then(() => true), { what: 'the consumer to begin' })
    const numbers = Array.from({ length: 300 }, (_, i) => i)
    await Promise.all(numbers.map((n) => queue.send('backlog', { n })))
    const disk = join(broker.folder, 'mosquitto.db')
    await waitFor(async () => (await readFile(disk)).includes('{"n":299}'), {
      what: 'the disk to have it all',
    })
    await broker.kill()
    await waitFor(() => gateway.connections.status(NAME).state !== 'connected', { what: 'the loss' })
    await broker.restart()
    open()
    await waitFor(() => handled.missing(numbers).length === 0, {
      what: () => `${handled.missing(numbers).length} messages to be handled`,
    })
    await consumer.close()
    await working
  }, 60_000)

  test('that freezes for longer than the keep-alive', async () => {
    const broker = await startBroker()
    await underFire(
      await startGateway(broker.port),
      NAME,
      { perSecond: 300, durable: true },
      async ({ lost }) => {
        broker.pause()
        try {
          await lost()
          await pause(SILENCE_MS)
        } finally {
          broker.resume()
        }
      },
    )
  }, 60_000)
})

describe('a network', () => {
  async function startProxy(): Promise<FaultProxy> {
    const broker = await startBroker()
    const proxy = await FaultProxy.start(broker.port)
    onTestFinished(() => proxy.close())
    return proxy
  }

  test('that is slow', async () => {
    const proxy = await startProxy()
    const gateway = await startGateway(proxy.port)
    await underFire(gateway, NAME, { perSecond: 300, durable: true }, async ({ flowing }) => {
      const before = proxy.accepted
      proxy.inject({ kind: 'latency', ms: 150 })
      await flowing()
      await flowing()
      expect(proxy.accepted).toBe(before)
      proxy.heal()
    })
  }, 60_000)

  test('that cuts connections in the middle of a frame, either way', async () => {
    const proxy = await startProxy()
    const gateway = await startGateway(proxy.port)
    await underFire(gateway, NAME, { perSecond: 300, durable: true }, async ({ flowing, lost }) => {
      for (const direction of ['to-client', 'to-server'] as const)
        for (const how of ['reset', 'close'] as const) {
          proxy.inject({ kind: 'cut', direction, afterBytes: 1_001, how })
          await lost()
          proxy.heal()
          await flowing()
        }
    })
  }, 60_000)

  test('that lets nothing through, and says nothing', async () => {
    const proxy = await startProxy()
    const gateway = await startGateway(proxy.port)
    await underFire(gateway, NAME, { perSecond: 300, durable: true }, async ({ lost }) => {
      proxy.inject({ kind: 'stall' })
      await lost()
      await pause(SILENCE_MS)
      proxy.heal()
    })
  }, 60_000)

  test('that passes one byte at a time', async () => {
    const proxy = await startProxy()
    const gateway = await startGateway(proxy.port, { config: { keep_alive: '10s', clean_session: false } })
    await underFire(gateway, NAME, { perSecond: 5, durable: true }, async ({ flowing }) => {
      const before = proxy.accepted
      proxy.inject({ kind: 'dribble', bytes: 1, everyMs: 1 })
      await flowing()
      await flowing()
      expect(proxy.accepted).toBe(before)
      proxy.heal()
    })
  }, 60_000)
})
