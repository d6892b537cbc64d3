import mqtt from 'mqtt'
import { afterAll, expect, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { startMosquitto } from '../support/mosquitto.js'
import { rounds } from '../support/rounds.js'
import { waitFor } from '../support/wait-for.js'
import { flood } from './support/flood.js'
import { connected } from './support/kill.js'
import { Numbers } from './support/numbers.js'

const KEEP_ALIVE_MS = 2_000
const MESSAGES = rounds(4_000, 20_000)
const FLOOD = rounds(40_000, 200_000)

const cleanups: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
})

/** Nothing else happens on this thread meanwhile. */
function blockHost(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

test('a host that is blocked for 3.5 keep-alives loses no connection and no message', async () => {
  // Its log goes through a pipe to this thread: a talkative broker would stand still while the host does.
  const broker = await startMosquitto({ config: ['log_type notice', 'log_type information'] })
  cleanups.push(() => broker.stop())
  const gateway = await Gateway.start({
    integrations: {
      events: {
        type: 'mqtt',
        format: 'json',
        endpoint: { address: broker.url },
        config: { keep_alive: KEEP_ALIVE_MS },
      },
    },
  })
  cleanups.push(() => gateway.shutdown({ timeout: 0 }))
  await connected(gateway, 'events')
  const before = gateway.connections.status('events')
  const connects = gateway.metrics().integrations.events!.counts.connects

  const received = new Numbers()
  const reliable = await gateway.pubsub('events').subscribe<{ n: number }>('reliable', { qos: 1 })
  void (async () => {
    for await (const { value } of reliable) received.add(value.n)
  })()
  const flooded = await gateway
    .pubsub('events')
    .subscribe<{ n: number }>('flood', { overflow: 'drop-oldest' })
  let floodReceived = 0
  void (async () => {
    for await (const _ of flooded) floodReceived++
  })()

  const changes: string[] = []
  gateway.on('connection:changed', ({ state }) => changes.push(state))
  gateway.on('actor:crashed', ({ reason }) => changes.push(reason))

  const publisher = await mqtt.connectAsync(broker.url, { reconnectPeriod: 0 })
  cleanups.push(() => publisher.endAsync(true))
  // The broker has them before the host is blocked, or gets them from another process in the middle of it.
  const flooding = flood(broker.port, 'flood', FLOOD, 100)
  const publishing: Promise<unknown>[] = []
  const publish = (n: number) =>
    publishing.push(publisher.publishAsync('reliable', JSON.stringify({ n }), { qos: 1 }))
  for (let n = 0; n < MESSAGES / 2; n++) publish(n)
  await waitFor(() => received.size > 0, { what: 'the first messages' })
  blockHost(3.5 * KEEP_ALIVE_MS)
  for (let n = MESSAGES / 2; n < MESSAGES; n++) publish(n)
  await Promise.all(publishing)
  await flooding

  await waitFor(() => received.size === MESSAGES, {
    timeoutMs: 30_000,
    what: () => `${MESSAGES} messages; there are ${received.size}`,
  })
  // At QoS 1, on a connection that was never lost, each comes once.
  expect(received.total).toBe(MESSAGES)
  await waitFor(() => floodReceived + flooded.dropped > 0, { what: 'the flood' })
  expect(changes).toEqual([])
  const after = gateway.connections.status('events')
  expect(after).toMatchObject({
    threadId: before.threadId,
    connectedSince: before.connectedSince,
    restarts: 0,
  })
  expect(gateway.metrics().integrations.events!.counts).toMatchObject({ connects, disconnects: 0 })
  // The broker's own word: nobody exceeded a time-out.
  expect(broker.log).not.toMatch(/exceeded timeout|socket error/i)
}, 90_000)
