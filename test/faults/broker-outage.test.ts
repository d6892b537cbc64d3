import { afterEach, expect, test } from 'vitest'
import {
  type BreakerState,
  CircuitOpenError,
  ConnectionError,
  Gateway,
  MailboxFullError,
  TimeoutError,
} from '../../src/index.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { waitFor } from '../support/wait-for.js'
import { connected } from './support/kill.js'
import { Numbers } from './support/numbers.js'
import { Settlements } from './support/settled.js'

const OUTAGE_MS = 10_000
const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function start(settings: object): Promise<{ broker: Mosquitto; gateway: Gateway }> {
  const broker = await startMosquitto()
  cleanups.push(() => broker.stop())
  const gateway = await Gateway.start({
    integrations: {
      events: {
        type: 'mqtt',
        format: 'json',
        endpoint: { address: broker.url },
        supervision: { heartbeat: '2s' },
        ...settings,
      },
    },
  })
  cleanups.push(() => gateway.shutdown({ timeout: 0 }))
  await connected(gateway, 'events')
  return { broker, gateway }
}

const isDown = (gateway: Gateway) =>
  waitFor(() => gateway.connections.status('events').state !== 'connected', {
    what: 'the loss to be noticed',
  })

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as Error,
  )

test('offline = "fail": calls fail typed, the breaker opens and closes at its thresholds, subscriptions come back', async () => {
  const { broker, gateway } = await start({
    reconnect: { delay: '100ms', max_delay: '400ms', offline: 'fail' },
    circuit_breaker: { failure_threshold: 4, success_threshold: 3, timeout: '1500ms' },
  })
  const breaker: BreakerState[] = []
  gateway.on('breaker:changed', ({ integration, state }) => {
    expect(integration).toBe('events')
    breaker.push(state)
  })
  const events = gateway.pubsub('events')
  const subscription = await events.subscribe<number>('up', { qos: 1 })
  await events.publish('up', 1, { qos: 1 })
  expect((await subscription.recv())?.value).toBe(1)

  await broker.kill()
  const downSince = performance.now()
  await isDown(gateway)

  for (let failure = 1; failure <= 4; failure++) {
    expect(gateway.connections.status('events').breaker).toBe('closed')
    const error = await failureOf(events.publish('down', failure, { qos: 1 }))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ kind: 'connection', integration: 'events', retryable: true })
  }
  await waitFor(() => breaker.length > 0, { what: 'the breaker to open' })
  expect(breaker).toEqual(['open'])
  const refused = await failureOf(events.publish('down', 5, { qos: 1 }))
  expect(refused).toBeInstanceOf(CircuitOpenError)
  expect((refused as CircuitOpenError).retryAfterMs).toBeGreaterThan(0)
  expect((refused as CircuitOpenError).retryAfterMs).toBeLessThanOrEqual(1_500)

  // For the rest of the outage: nothing hangs, everything is typed, a failed probe opens the breaker again.
  const settlements = new Settlements()
  while (performance.now() - downSince < OUTAGE_MS) {
    settlements.follow('publish', events.publish('down', 0, { qos: 1 }))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await settlements.allSettled()
  settlements.expectTyped()
  expect(settlements.errors).toHaveLength(settlements.followed)
  for (const error of settlements.errors)
    expect((error as Error).constructor).toSatisfy((c) => c === ConnectionError || c === CircuitOpenError)
  // A probe is let through at the earliest every 1.5 s, and none succeeds.
  const probes = breaker.filter((state) => state === 'half-open')
  expect(probes.length).toBeLessThanOrEqual((performance.now() - downSince) / 1_500 + 1)
  expect(breaker).not.toContain('closed')

  await broker.restart()
  await connected(gateway, 'events')
  let successes = 0
  while (successes < 3) {
    expect(gateway.connections.status('events').breaker).not.toBe('closed')
    const error = await failureOf(events.publish('up', 2 + successes, { qos: 1 }))
    if (error === undefined) successes++
    else expect(error).toBeInstanceOf(CircuitOpenError)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await waitFor(() => breaker.at(-1) === 'closed', { what: 'the breaker to close' })
  expect(breaker.slice(-2)).toEqual(['half-open', 'closed'])
  expect(gateway.connections.status('events').breaker).toBe('closed')
  for (const value of [2, 3, 4]) expect((await subscription.recv())?.value).toBe(value)
}, 60_000)

test('offline = "wait": what is accepted waits and arrives, the rest is refused, memory is bounded', async () => {
  const MOST = 2_000
  const { broker, gateway } = await start({
    reconnect: { delay: '100ms', max_delay: '400ms', offline: 'wait' },
    circuit_breaker: { failure_threshold: 1_000_000 },
    mailbox: { messages: MOST, bytes: '64MB', overflow: 'reject' },
  })
  const events = gateway.pubsub('events')
  const subscription = await events.subscribe<{ n: number }>('numbers', { qos: 1 })
  const received = new Numbers()
  void (async () => {
    for await (const { value } of subscription) received.add(value.n)
  })()
  const { threadId } = gateway.connections.status('events')

  await broker.kill()
  const downSince = performance.now()
  await isDown(gateway)

  expect(await failureOf(events.publish('late', 1, { qos: 1, timeout: '200ms' }))).toBeInstanceOf(
    TimeoutError,
  )
  const controller = new AbortController()
  const aborted = failureOf(events.publish('late', 2, { qos: 1, signal: controller.signal }))
  controller.abort()
  expect(await aborted).toMatchObject({ kind: 'cancelled' })

  const settlements = new Settlements()
  const acknowledged = new Set<number>()
  const payload = 'x'.repeat(1_000)
  let deepest = 0
  let heaviest = 0
  let n = 0
  while (performance.now() - downSince < OUTAGE_MS) {
    for (let i = 0; i < 200; i++, n++) {
      const id = n
      settlements.follow(
        `publish ${id}`,
        events.publish('numbers', { n: id, payload }, { qos: 1 }),
        ({ ok }) => ok && acknowledged.add(id),
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
    const { depths, memoryBytes } = gateway.metrics().integrations.events!
    deepest = Math.max(deepest, depths.waiting + depths.posted, depths.operations)
    heaviest = Math.max(heaviest, memoryBytes)
  }
  expect(n).toBeGreaterThan(10 * MOST)
  expect(deepest).toBeLessThanOrEqual(MOST)
  expect(heaviest).toBeLessThan(128 * 1024 * 1024)
  expect(settlements.errors.length).toBeGreaterThan(n - 2 * MOST)
  for (const error of settlements.errors) expect(error).toBeInstanceOf(MailboxFullError)

  await broker.restart()
  await connected(gateway, 'events')
  await settlements.allSettled()
  settlements.expectTyped()
  expect(acknowledged.size).toBe(MOST)
  // The subscription was restored before anything was published.
  await waitFor(() => received.missing(acknowledged).length === 0, {
    what: () => `${received.missing(acknowledged).length} acknowledged messages that are missing`,
  })
  expect(gateway.connections.status('events').threadId).toBe(threadId)
}, 60_000)
