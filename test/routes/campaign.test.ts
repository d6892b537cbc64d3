import { describe, expect, onTestFinished, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { rounds } from '../support/rounds.js'
import { waitFor } from '../support/wait-for.js'
import * as ends from './ends.js'

/** Messages of the calm part, and of each blow of the other one. */
const CALM = 500
const MESSAGES = rounds(400, 2_000)
const BLOWS = rounds(1, 3)
/** Two thousand messages a second. */
const BURST = 20
const BURST_MS = 10

const supervision = {
  heartbeat: '2s',
  max_restarts: 10_000,
  within: '1m',
  backoff: '1ms',
  max_backoff: '20ms',
}
const reconnect = { delay: '20ms', max_delay: '100ms' }

const PAIRS: readonly (readonly [string, () => Promise<ends.SourceEnd>, () => Promise<ends.SinkEnd>])[] = [
  ['MQTT to Redis Streams', ends.mqttTopicSource, ends.redisStreamSink],
  ['Redis Streams to JetStream', ends.redisStreamSource, ends.jetStreamSink],
  ['JetStream to a JSON-RPC call', ends.jetStreamSource, ends.jsonRpcSink],
  ['a JSON-RPC server to MQTT', ends.jsonRpcServerSource, ends.mqttTopicSink],
  ['memory to Redis Streams', ends.memorySource, ends.redisStreamSink],
  ['memory to JetStream', ends.memorySource, ends.jetStreamSink],
  ['memory to a JSON-RPC call', ends.memorySource, ends.jsonRpcSink],
  ['memory to MQTT', ends.memorySource, ends.mqttTopicSink],
]

describe('a route while everything around it dies', () => {
  test.each(PAIRS)(
    '%s: in order in calm, nothing lost in storms',
    async (_, openSource, openSink) => {
      const [source, sink] = [await openSource(), await openSink()]
      onTestFinished(async () => {
        await source.stop()
        await sink.stop()
      })
      const gateway = await start(source, sink)
      onTestFinished(() => gateway.shutdown({ timeout: '5s' }))
      await source.use?.(gateway)

      for (let n = 0; n < CALM; n += BURST) await produce(source, n, BURST)
      await arrived(sink, CALM)
      expect(await sink.found()).toEqual(Array.from({ length: CALM }, (_, n) => n))

      let next = CALM
      const blows = [
        () => gateway.connections.inject('source', 'throw').catch(() => {}),
        () => gateway.connections.inject('sink', 'throw').catch(() => {}),
        source.restart,
        sink.restart,
        source.kill,
        sink.kill,
      ]
      for (let round = 0; round < BLOWS; round++)
        for (const blow of blows) {
          if (blow === undefined) continue
          const producing = (async () => {
            for (let sent = 0; sent < MESSAGES; sent += BURST) {
              await produce(source, next + sent, BURST)
              await new Promise((resolve) => setTimeout(resolve, BURST_MS))
            }
          })()
          await new Promise((resolve) => setTimeout(resolve, 50))
          await blow()
          await producing
          next += MESSAGES
        }
      await arrived(sink, next)
    },
    rounds(120_000, 600_000),
  )
})

async function start(source: ends.SourceEnd, sink: ends.SinkEnd): Promise<Gateway> {
  const common = { supervision, reconnect }
  const query = source.query ?? sink.query
  const config = {
    integrations: {
      ...(source.integration && { source: { ...source.integration, ...common } }),
      sink: { ...sink.integration, ...common },
      app: { type: 'memory', format: 'json' },
    },
    ...(source.server && { servers: { source: { ...source.server, supervision } } }),
    routes: {
      r: {
        from: { ...(source.server ? { server: 'source' } : { integration: 'source' }), ...source.from },
        to: { integration: 'sink', ...sink.to },
        ...(query && { transform: { type: 'jq', query } }),
      },
    },
  }
  const gateway = await Gateway.start(config as unknown as Parameters<typeof Gateway.start>[0])
  for (const name of ['source', 'sink'])
    await waitFor(() => gateway.connections.status(name).state === 'connected', {
      what: `${name} to connect`,
    })
  return gateway
}

/** Sends messages one after the other in a burst. Resolves when the source has accepted all. */
async function produce(source: ends.SourceEnd, first: number, count: number): Promise<void> {
  if (source.server === undefined) {
    await Promise.all(Array.from({ length: count }, (_, i) => source.produce(first + i)))
    return
  }
  // Each call has its own connection, so only one after the other has an order.
  for (let i = 0; i < count; i++) await source.produce(first + i)
}

/** Waits until every message has arrived at least once. */
async function arrived(sink: ends.SinkEnd, count: number): Promise<void> {
  let missing: number[] = []
  await waitFor(
    async () => {
      const found = new Set(await sink.found())
      missing = []
      for (let n = 0; n < count; n++) if (!found.has(n)) missing.push(n)
      return missing.length === 0
    },
    {
      timeoutMs: 60_000,
      everyMs: 100,
      what: () => `${missing.length} of ${count} messages: ${missing.slice(0, 10)}`,
    },
  )
}
