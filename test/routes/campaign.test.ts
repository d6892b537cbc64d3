import { describe, expect, onTestFinished, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { SeededRandom } from '../../src/testing/index.js'
import { IS_FULL } from '../support/rounds.js'
import { waitFor } from '../support/wait-for.js'
import { Arrivals } from './arrivals.js'
import * as ends from './ends.js'
import { Producer } from './producer.js'

/** Messages of a calm part, which are produced in order. */
const CALM = 500
const CALM_BURST = 20
/** Messages that flow at least between two blows. */
const MESSAGES = Number(process.env.NEMO_CAMPAIGN_MESSAGES ?? 200)
const ROUNDS = Math.min(10, Number(process.env.NEMO_CAMPAIGN_ROUNDS ?? 1))
const PER_SECOND = 2_000
/** A blow comes at a random moment of this time. */
const MOMENT_MS = 300

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
    async (name, openSource, openSink) => {
      const random = new SeededRandom(Number(process.env.NEMO_CAMPAIGN_SEED ?? Date.now()))
      const [source, sink] = [await openSource(), await openSink()]
      onTestFinished(async () => {
        await source.stop()
        await sink.stop()
      })
      const gateway = await start(source, sink)
      onTestFinished(() => gateway.shutdown({ timeout: '5s' }))
      await source.use?.(gateway)

      const inject = (integration: string, fault: 'throw' | 'exit') => async () => {
        // The actor may be starting again.
        await gateway.connections.inject(integration, fault).catch(() => {})
        return []
      }
      const blows: Readonly<Record<string, (() => Promise<readonly number[]>) | undefined>> = {
        'source throws': inject('source', 'throw'),
        'sink throws': inject('sink', 'throw'),
        'source exits': IS_FULL ? inject('source', 'exit') : undefined,
        'sink exits': IS_FULL ? inject('sink', 'exit') : undefined,
        'broker of the source restarts': source.restart,
        'broker of the sink restarts': sink.restart,
        'broker of the source is killed': source.kill,
        'broker of the sink is killed': sink.kill,
      }
      let last = 'nothing'
      const arrivals = new Arrivals(sink, () => ({
        last,
        route: gateway.metrics().routes.r,
        source: gateway.connections.status('source'),
        sink: gateway.connections.status('sink'),
      }))
      const rates: number[] = []
      await calm(source, arrivals, 0)
      let next = CALM
      let struck = 0
      for (let round = 0; round < ROUNDS; round++) {
        const producer = new Producer(source, arrivals, next, PER_SECOND)
        try {
          for (const [what, blow] of Object.entries(blows)) {
            if (blow === undefined) continue
            // What is produced now arrives after the blow before: messages flow again.
            await arrivals.has(producer.next)
            const { next: before } = producer
            await waitFor(
              async () => {
                await arrivals.read()
                return producer.next >= before + MESSAGES
              },
              { timeoutMs: 60_000, what: 'messages to be produced' },
            )
            await new Promise((resolve) => setTimeout(resolve, random.number() * MOMENT_MS))
            last = what
            for (const number of await blow()) arrivals.excused.add(number)
            struck++
          }
        } finally {
          rates.push(await producer.stop())
        }
        next = producer.next
        await arrivals.all(next)
        await calm(source, arrivals, next)
        next += CALM
      }
      if (IS_FULL)
        print({ name, blows: struck, produced: next, perSecond: rates, ...(await arrivals.figures()) })
    },
    120_000 + 120_000 * ROUNDS,
  )
})

/** Produces messages while nothing fails: they arrive in order. */
async function calm(source: ends.SourceEnd, arrivals: Arrivals, first: number): Promise<void> {
  const end = first + CALM
  for (let n = first; n < end; n += CALM_BURST) {
    const burst = Array.from({ length: CALM_BURST }, (_, i) => n + i)
    if (source.atOnce === undefined) await Promise.all(burst.map((number) => source.produce(number)))
    else for (const number of burst) await source.produce(number)
  }
  await arrivals.all(end)
  expect((await arrivals.first()).slice(-CALM)).toEqual(Array.from({ length: CALM }, (_, i) => first + i))
}

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

function print(figures: object): void {
  process.stdout.write(`${JSON.stringify(figures)}\n`)
}
