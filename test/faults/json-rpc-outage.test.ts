import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { FaultProxy, type ProxyFault } from '../support/fault-proxy.js'
import { closedPort } from '../support/http-service.js'
import { IS_FULL } from '../support/rounds.js'
import { ServerProcess } from '../support/server-process.js'
import { waitFor } from '../support/wait-for.js'

/** Between two calls of a lane, so that a load is not all that the machine can do. */
const PAUSE_MS = 2
const SCRIPT = fileURLToPath(new URL('../fixtures/json-rpc-service.js', import.meta.url))

async function serve(port: number): Promise<ServerProcess> {
  const program = { command: process.execPath, env: process.env }
  const server = await ServerProcess.start(program, { args: [SCRIPT, String(port)], ready: /ready/ })
  onTestFinished(() => server.kill())
  return server
}

/** A gateway with an integration over HTTP and one over WebSocket, under load, and a subscription. */
async function underLoad(port: number) {
  const integration = (scheme: string) => ({
    type: 'json-rpc',
    endpoint: { address: `${scheme}://127.0.0.1:${port}` },
    config: { batch_size: 8, ping_interval: '100ms' },
    timeout: '300ms',
    reconnect: { delay: '10ms', max_delay: '50ms' },
    circuit_breaker: { failure_threshold: 1_000_000 },
  })
  const gateway = await Gateway.start({ integrations: { http: integration('http'), ws: integration('ws') } })
  const load = { answered: 0, made: 0, settled: 0, wrong: [] as unknown[], stop: false }
  onTestFinished(() => {
    load.stop = true
    return gateway.shutdown({ timeout: 100 })
  })
  const lane = async (name: string, lane: number) => {
    for (let n = 0; !load.stop; n++) {
      load.made++
      try {
        const value = await gateway.rpc(name).call('echo', [lane, n], { timeout: '1s' })
        if (JSON.stringify(value) !== JSON.stringify([lane, n])) load.wrong.push(value)
        load.answered++
        if (!IS_FULL) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      } catch (error) {
        const { kind } = error as { kind?: string }
        if (kind !== 'connection' && kind !== 'timeout') load.wrong.push(error)
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      load.settled++
    }
  }
  const lanes = Array.from({ length: 16 }, (_, i) => lane(i % 2 === 0 ? 'http' : 'ws', i))
  const ticks: number[] = []
  const subscription = await inTheEnd(() => gateway.pubsub('ws').subscribe<[number]>('tick'))
  const listener = (async () => {
    for await (const message of subscription) ticks.push(message.value[0])
  })()
  return {
    gateway,
    load,
    ticks,
    /** That calls are answered over both transports, and messages arrive. */
    async flows() {
      const [before, seen] = [load.answered, ticks.length]
      await waitFor(() => load.answered > before + 50 && ticks.length > seen + 5, {
        what: () => `calls and messages; ${load.answered - before} and ${ticks.length - seen} so far`,
        timeoutMs: 20_000,
      })
      for (const name of ['http', 'ws'])
        expect(await inTheEnd(() => gateway.rpc(name).call('echo', [name]))).toEqual([name])
    },
    /** Ends the load: every call settles. */
    async finish() {
      load.stop = true
      await Promise.all(lanes)
      await subscription.close()
      await listener
      expect(load.settled).toBe(load.made)
      expect(load.wrong).toEqual([])
    },
  }
}

/** Repeats work whose time is up: on a busy machine an answer may take longer than the short limits above. */
async function inTheEnd<T>(work: () => Promise<T>): Promise<T> {
  for (;;)
    try {
      return await work()
    } catch (error) {
      expect((error as Error).name).toMatch(/^(Timeout|Connection)Error$/)
    }
}

test('a server that is killed and started again under load', async () => {
  const port = await closedPort()
  let server = await serve(port)
  const rig = await underLoad(port)
  for (let round = 0; round < 2; round++) {
    await rig.flows()
    await server.kill()
    server = await serve(port)
  }
  await rig.flows()
  await rig.finish()
})

test('a server that is paused for longer than its sign of life takes', async () => {
  const port = await closedPort()
  const server = await serve(port)
  const rig = await underLoad(port)
  await rig.flows()
  server.pause()
  await waitFor(() => rig.gateway.connections.status('ws').state !== 'connected', {
    what: () => 'the silence to be noticed',
  })
  server.resume()
  await rig.flows()
  await rig.finish()
})

describe('a network that', () => {
  const reset = (direction: 'to-client' | 'to-server'): ProxyFault => ({
    kind: 'cut',
    direction,
    afterBytes: 37,
    how: 'reset',
  })

  test.each<[string, ProxyFault]>([
    ['is slow', { kind: 'latency', ms: 20 }],
    ['brings one byte at a time', { kind: 'dribble', bytes: 1, everyMs: 0 }],
    ['says nothing any more', { kind: 'stall' }],
    ['resets in the middle of an answer', reset('to-client')],
    ['resets in the middle of a request', reset('to-server')],
  ])('%s', async (_, fault) => {
    const port = await closedPort()
    await serve(port)
    const proxy = await FaultProxy.start(port)
    onTestFinished(() => proxy.close())
    const rig = await underLoad(proxy.port)
    await rig.flows()
    proxy.inject(fault)
    const { settled } = rig.load
    await waitFor(() => rig.load.settled > settled + 32, { what: () => 'calls to settle', timeoutMs: 20_000 })
    proxy.heal()
    proxy.reset()
    await rig.flows()
    await rig.finish()
  })
})
