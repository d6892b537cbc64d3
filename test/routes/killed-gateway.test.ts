// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are templates of HCL
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { SeededRandom } from '../../src/testing/index.js'
import { diskUsage } from '../buffer/folder.js'
import { startNatsServer } from '../support/nats-server.js'
import { startRedis } from '../support/redis-server.js'
import { rounds } from '../support/rounds.js'
import { waitFor } from '../support/wait-for.js'
import { DAMAGES, damage, KilledGateway, numberOf, payloadOf } from './killed-gateway.js'

/** The kills; each life takes a bit more than a second. */
const KILLS = rounds(4, Number(process.env.NEMO_CAMPAIGN_ROUNDS))
const AWAY_MS = KILLS * 1_200
/** Five thousand messages a second. */
const BURST = 50
const BURST_MS = 10
const MAX_BYTES = 48 * 1024 ** 2

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'nemo-killed-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

/** A Redis that keeps the messages of the source, and a NATS server that is the sink. */
async function brokers() {
  const [redis, nats] = [
    await startRedis({ config: ['appendonly yes', 'appendfsync everysec'] }),
    await startNatsServer(),
  ]
  const plain = new Redis({ port: redis.port })
  onTestFinished(async () => {
    plain.disconnect()
    await Promise.all([redis.stop(), nats.stop()])
  })
  const reconnect = { delay: '20ms', max_delay: '100ms' }
  const integrations = {
    source: {
      type: 'redis',
      format: 'binary',
      endpoint: { address: '127.0.0.1', port: redis.port },
      // With a fixed name the next process gets at once what this one had in hand.
      config: { consumer: 'route' },
      reconnect,
    },
    sink: {
      type: 'nats',
      format: 'binary',
      endpoint: { address: '127.0.0.1', port: nats.port },
      reconnect,
    },
  }
  const produce = async (numbers: readonly number[]) => {
    const pipeline = plain.pipeline()
    for (const number of numbers) pipeline.xadd('in', '*', 'payload', payloadOf(number))
    await pipeline.exec()
  }
  return { redis, nats, plain, integrations, produce }
}

/** What an independent client finds in the stream of the sink: how often each number. */
class Found {
  readonly counts = new Map<number, number>()
  readonly #url: string
  /** The places in the stream of what was read. */
  readonly #read = new Set<number>()

  constructor(url: string) {
    this.#url = url
  }

  /** Waits until all these numbers have arrived. */
  async all(wanted: readonly number[]): Promise<void> {
    let missing: number[] = []
    await waitFor(
      async () => {
        await this.#readMore()
        missing = wanted.filter((number) => !this.counts.has(number))
        return missing.length === 0
      },
      {
        timeoutMs: 120_000,
        everyMs: 200,
        what: () => `${missing.length} of ${wanted.length} messages: ${missing.slice(0, 10)}`,
      },
    )
  }

  /** Reads what has come since. @throws Error if a message is damaged */
  async #readMore(): Promise<void> {
    const client = await connect({ servers: this.#url })
    try {
      const manager = await jetstreamManager(client)
      const stream = await manager.streams.find('out')
      const durable_name = 'beside'
      await manager.consumers.add(stream, { durable_name, ack_policy: 'explicit', max_ack_pending: -1 })
      const consumer = await jetstream(client).consumers.get(stream, durable_name)
      for await (const message of await consumer.fetch({ max_messages: 20_000, expires: 1_000 })) {
        // Acknowledgements may get lost, so the server may send one again.
        if (!this.#read.has(message.seq)) {
          const number = numberOf(message.data)
          this.counts.set(number, (this.counts.get(number) ?? 0) + 1)
          this.#read.add(message.seq)
        }
        message.ack()
      }
      await client.flush()
    } finally {
      await client.close()
    }
  }
}

async function hasGrown(path: string): Promise<void> {
  const before = diskUsage(path)
  await waitFor(() => diskUsage(path) !== before, { what: 'the buffer to be used' })
}

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number)

test(
  'a buffer on disk loses nothing while the sink is away, its gateway is killed and its files are damaged',
  async () => {
    const random = new SeededRandom(Number(process.env.NEMO_CAMPAIGN_SEED ?? Date.now()))
    const path = join(await folder(), 'buffer')
    const { nats, plain, integrations, produce } = await brokers()
    await nats.kill()
    const gateway = await KilledGateway.start({
      integrations,
      routes: {
        r: {
          from: { integration: 'source', queue: 'in' },
          to: { integration: 'sink', queue: 'out' },
          buffer: { type: 'disk', path, max_bytes: MAX_BYTES },
        },
      },
    })
    let produced = 0
    let isAway = true
    let most = 0
    const producing = (async () => {
      for (const end = performance.now() + AWAY_MS; isAway || performance.now() < end; ) {
        const due = performance.now() + BURST_MS
        await produce(numbers(BURST).map((number) => produced + number))
        produced += BURST
        most = Math.max(most, diskUsage(path))
        await pause(due - performance.now())
      }
    })()
    const damaged = new Set<number>()
    for (let kill = 0; kill < KILLS; kill++) {
      // At any moment, also while it starts; every other time when it stores messages.
      if (kill % 2 === 1) await hasGrown(path)
      await pause(random.number() * 1_200)
      await gateway.kill()
      most = Math.max(most, diskUsage(path))
      const kind = DAMAGES[kill % DAMAGES.length]!
      for (const number of await damage(path, kind, () => random.number())) damaged.add(number)
      await gateway.restart()
    }
    isAway = false
    await producing
    await nats.restart()
    const found = new Found(nats.url)
    await found.all(numbers(produced).filter((number) => !damaged.has(number)))
    await waitFor(async () => Number((await plain.xpending('in', 'nemo-workers'))[0]) === 0, {
      what: 'the source to be settled',
    })
    const doubled = [...found.counts.values()].reduce((sum, count) => sum + count - 1, 0)
    const figures = {
      kills: KILLS,
      produced,
      damaged: damaged.size,
      arrived: found.counts.size,
      doubled,
      disk: most,
    }
    if (process.env.NEMO_CAMPAIGN_ROUNDS !== undefined) process.stdout.write(`${JSON.stringify(figures)}\n`)
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(MAX_BYTES)
    expect(Math.max(...[...found.counts.keys()].slice(-1_000))).toBeLessThan(produced)
  },
  rounds(120_000, 600_000),
)

test(
  'with keys on disk, a stream stores a message once, whenever the gateway or the server is stopped',
  async () => {
    const random = new SeededRandom(Number(process.env.NEMO_CAMPAIGN_SEED ?? Date.now()))
    const path = await folder()
    const { nats, plain, integrations, produce } = await brokers()
    const gateway = await KilledGateway.start({
      integrations,
      routes: {
        r: {
          from: { integration: 'source', queue: 'in' },
          to: { integration: 'sink', queue: 'out' },
          idempotency: { key: '${message.id}', store: 'disk', path },
        },
      },
    })
    await produce([0])
    const found = new Found(nats.url)
    await found.all([0])
    let produced = 1
    let isKilling = true
    const producing = (async () => {
      while (isKilling) {
        await produce(numbers(10).map((number) => produced + number))
        produced += 10
        await pause(5)
      }
    })()
    for (let kill = 0; kill < Math.min(10, KILLS); kill++) {
      await pause(random.number() * 500)
      // What the server has not read yet is stored after the gateway has ended.
      if (kill % 2 === 1) {
        nats.pause()
        await pause(300)
      }
      await gateway.kill()
      nats.resume()
      await gateway.restart()
    }
    isKilling = false
    await producing
    await found.all(numbers(produced))
    await waitFor(async () => Number((await plain.xpending('in', 'nemo-workers'))[0]) === 0, {
      what: 'the source to be settled',
    })
    expect([...found.counts].filter(([, count]) => count > 1)).toEqual([])
  },
  rounds(120_000, 300_000),
)
