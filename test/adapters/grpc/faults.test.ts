import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import type { Subscription } from '../../../src/client/subscription.js'
import { Gateway } from '../../../src/gateway.js'
import { Settlements } from '../../faults/support/settled.js'
import { FaultProxy } from '../../support/fault-proxy.js'
import { type InteropServer, startInteropServer } from '../../support/python-grpc.js'
import { waitFor } from '../../support/wait-for.js'

const proto = fileURLToPath(new URL('../../../../test/adapters/grpc/interop/interop.proto', import.meta.url))
const KEEPALIVE = { time: '200ms', timeout: '200ms', without_calls: true }
const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function startServer(port = 0): Promise<InteropServer> {
  const server = await startInteropServer(port)
  cleanups.push(() => server.process.kill())
  return server
}

/** A gateway with an open stream, behind which calls are made all the time. */
async function start(
  port: number,
  { lanes: count = 3, keepalive = KEEPALIVE as object, timeout = '1s' } = {},
) {
  const gateway = await Gateway.start({
    integrations: {
      it: {
        type: 'grpc',
        endpoint: { address: `127.0.0.1:${port}` },
        config: {
          proto,
          service: 'grpc.testing.TestService',
          keepalive,
          // The server answers each message, whatever came before it.
          published_streams: 'reopen',
        },
        timeout,
        reconnect: { delay: '20ms', max_delay: '100ms' },
        circuit_breaker: { failure_threshold: 1_000_000 },
      },
    },
  } as Parameters<typeof Gateway.start>[0])
  cleanups.push(() => gateway.shutdown({ timeout: 0 }))
  const state = () => gateway.connections.status('it').state
  await waitFor(() => state() === 'connected', { what: 'the connection' })
  const settlements = new Settlements()
  let isLoaded = true
  const lane = async () => {
    while (isLoaded) {
      const call = gateway.rpc('it').call('UnaryCall', { response_size: 1_000 }, { timeout: '3s' })
      settlements.follow('call', call)
      await call.catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  const lanes = Promise.all(Array.from({ length: count }, lane))
  const stream = await gateway.pubsub('it').subscribe<Response>('FullDuplexCall')
  return {
    gateway,
    settlements,
    stream,
    state,
    /** No call hangs, and each that fails says why. */
    async settled() {
      isLoaded = false
      await lanes
      await settlements.allSettled()
      settlements.expectTyped()
    },
  }
}

interface Response {
  readonly payload: { readonly body: Uint8Array }
}

let lastSize = 0

/** The stream answers what is written to it now; what is lost on the way there is written again. */
async function flows(gateway: Gateway, stream: Subscription<Response>): Promise<void> {
  const size = ++lastSize
  let answered = false
  const reader = (async () => {
    while (!answered) answered = (await stream.recv())?.value.payload.body.length === size
  })()
  await waitFor(
    async () => {
      const ping = { response_parameters: [{ size }] }
      await gateway
        .pubsub('it')
        .publish('FullDuplexCall', ping, { timeout: '1s' })
        .catch(() => {})
      return answered
    },
    { what: 'the stream to answer', everyMs: 50, timeoutMs: 20_000 },
  )
  await reader
}

test('a server that is killed under load and comes back: nothing hangs, the stream goes on', async () => {
  const first = await startServer()
  const { gateway, settlements, stream, state, settled } = await start(first.port)
  await flows(gateway, stream)
  await first.process.kill()
  await waitFor(() => state() !== 'connected', { what: 'the loss to be noticed' })
  await startServer(first.port)
  await flows(gateway, stream)
  const before = settlements.outcomes.length
  await waitFor(() => settlements.outcomes.slice(before).some(({ ok }) => ok), { what: 'calls to succeed' })
  await settled()
  expect(gateway.metrics().integrations.it!.restarts).toBe(0)
})

test('a server that is paused for longer than the keepalive: the loss is noticed, the stream goes on', async () => {
  const server = await startServer()
  const { gateway, stream, state, settled } = await start(server.port)
  await flows(gateway, stream)
  server.process.pause()
  await waitFor(() => state() !== 'connected', { what: 'the loss to be noticed' })
  server.process.resume()
  await waitFor(() => state() === 'connected', { what: 'the connection' })
  await flows(gateway, stream)
  await settled()
})

test('a network that passes one byte at a time', async () => {
  const server = await startServer()
  const proxy = await FaultProxy.start(server.port)
  cleanups.push(() => proxy.close())
  proxy.inject({ kind: 'dribble', bytes: 1, everyMs: 0 })
  // So slow that it has no room for more.
  const { gateway, stream, settled } = await start(proxy.port, { lanes: 0, keepalive: {}, timeout: '10s' })
  await flows(gateway, stream)
  const echo = { response_size: 100, payload: { body: new Uint8Array(100) } }
  const { payload } = await gateway.rpc('it').call<Response>('UnaryCall', echo, { timeout: '10s' })
  expect(payload.body).toEqual(new Uint8Array(100))
  await settled()
})

test('a network with faults: nothing hangs, and the stream goes on', async () => {
  const server = await startServer()
  const proxy = await FaultProxy.start(server.port)
  cleanups.push(() => proxy.close())
  const { gateway, stream, state, settled } = await start(proxy.port)
  proxy.inject({ kind: 'latency', ms: 30 })
  await flows(gateway, stream)
  proxy.heal()
  for (const direction of ['to-client', 'to-server'] as const) {
    const { accepted } = proxy
    // In the middle of a frame.
    proxy.inject({ kind: 'cut', direction, afterBytes: 1_003, how: 'reset' })
    await waitFor(() => proxy.accepted > accepted, { what: 'another connection' })
    proxy.heal()
    await flows(gateway, stream)
  }
  proxy.inject({ kind: 'stall' })
  await waitFor(() => state() !== 'connected', { what: 'the loss to be noticed' })
  proxy.heal()
  await flows(gateway, stream)
  await settled()
})
