import { afterEach, expect, test } from 'vitest'
import { FaultProxy, type ProxyFault } from '../support/fault-proxy.js'
import { startNatsServer } from '../support/nats-server.js'
import { waitFor } from '../support/wait-for.js'
import { NatsLoad } from './support/nats-load.js'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Quick to notice, so that the tests are quick. */
const ATTENTIVE = { config: { ping_interval: '200ms', consumer: { ack_wait: '1s' } } }

async function start(through: 'directly' | 'proxy') {
  const server = await startNatsServer()
  cleanups.push(() => server.stop())
  const proxy = await FaultProxy.start(server.port)
  cleanups.push(() => proxy.close())
  const load = await NatsLoad.start(through === 'proxy' ? proxy.port : server.port, ATTENTIVE)
  cleanups.push(() => load.stop())
  const state = () => load.gateway.connections.status('events').state
  const lost = () => waitFor(() => state() !== 'connected', { what: 'the loss to be noticed' })
  const back = () =>
    waitFor(() => state() === 'connected', { what: 'the connection to be back', timeoutMs: 20_000 })
  return { server, proxy, load, lost, back }
}

test('a server that is killed and started again under load loses nothing that it acknowledged', async () => {
  const { server, load, lost, back } = await start('directly')
  for (let i = 0; i < 3; i++) {
    const { acknowledged, sent } = await load.through(async () => {
      await server.kill()
      await lost()
      await server.restart()
      await back()
    })
    expect(acknowledged).toBeGreaterThan(sent / 2)
  }
}, 60_000)

test('a server that is frozen for longer than the ping interval is left, and found again', async () => {
  const { server, load, lost, back } = await start('directly')
  const { acknowledged, sent } = await load.through(async () => {
    server.pause()
    await lost()
    await pause(1_000)
    server.resume()
    await back()
  })
  expect(acknowledged).toBeGreaterThan(sent / 2)
}, 60_000)

test('a connection that is half open is noticed and replaced', async () => {
  const { proxy, load, lost, back } = await start('proxy')
  await load.through(async () => {
    proxy.inject({ kind: 'stall' })
    await lost()
    proxy.heal()
    await back()
  })
}, 60_000)

test('latency and bytes that come one at a time slow it down and break nothing', async () => {
  const { proxy, load } = await start('proxy')
  const faults: ProxyFault[] = [
    { kind: 'latency', ms: 60 },
    { kind: 'dribble', bytes: 1, everyMs: 0 },
  ]
  for (const fault of faults)
    await load.through(async () => {
      proxy.inject(fault)
      await pause(700)
      proxy.heal()
    })
}, 60_000)

test.each(['to-server', 'to-client'] as const)(
  'connections that are reset in the middle of a frame (%s) are replaced',
  async (direction) => {
    const { proxy, load, back } = await start('proxy')
    for (const afterBytes of [1_001, 3_333])
      await load.through(async () => {
        const { accepted } = proxy
        proxy.inject({ kind: 'cut', direction, afterBytes, how: 'reset' })
        await waitFor(() => proxy.accepted > accepted, { what: 'a new connection' })
        proxy.heal()
        await back()
      })
  },
  60_000,
)
