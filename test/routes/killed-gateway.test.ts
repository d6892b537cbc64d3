// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are templates of HCL
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import type { WhenFull } from '../../src/buffer/message-buffer.js'
import { SeededRandom } from '../../src/testing/index.js'
import { diskUsage } from '../buffer/folder.js'
import { startNatsServer } from '../support/nats-server.js'
import { startRedis } from '../support/redis-server.js'
import { IS_FULL, rounds } from '../support/rounds.js'
import { waitFor } from '../support/wait-for.js'
import { DAMAGES, damage, KilledGateway, numberOf, payloadOf, storedNumbers } from './killed-gateway.js'

/** The kills; each life takes a bit more than a second. */
const KILLS = rounds(4, Number(process.env.NEMO_CAMPAIGN_ROUNDS))
const LIFE_MS = 1_200
const PER_SECOND = 5_000
const WINDOW = 1_024
const GROUP = 'nemo-workers'
const TICK_MS = 10
/** The buffer is full after a part of the kills. */
const BYTES_PER_KILL = 256 * 1024
/** What an incomplete batch or the next segment may leave free. */
const SLACK = 0.95

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

/** How many messages of the source the gateway has in hand. */
async function pending(plain: Redis): Promise<number> {
  return Number((await plain.xpending('in', GROUP))[0])
}

/** Whether the source has messages that the gateway has not taken. */
async function isWaiting(plain: Redis): Promise<boolean> {
  const [group] = (await plain.xinfo('GROUPS', 'in')) as [readonly unknown[]]
  const last = group[group.indexOf('last-delivered-id') + 1]
  return (await plain.xrange('in', `(${last}`, '+', 'COUNT', 1)).length > 0
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
        timeoutMs: rounds(60_000, 300_000),
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

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number)

/** Produces at a steady rate while the sink is away, and looks at what the buffer takes. */
class Producing {
  produced = 0
  /** The most that the buffer has taken on the disk. */
  most = 0
  perSecond = 0
  readonly #produce: (numbers: readonly number[]) => Promise<void>
  readonly #path: string
  readonly #maxBytes: number
  readonly #run: Promise<void>
  #isStopped = false

  constructor(
    produce: (numbers: readonly number[]) => Promise<void>,
    path: string,
    maxBytes: number,
    ms: number,
  ) {
    this.#produce = produce
    this.#path = path
    this.#maxBytes = maxBytes
    this.#run = this.#runFor(ms)
  }

  /** Whether the buffer has been full. */
  get isFull(): boolean {
    return this.most >= this.#maxBytes * SLACK
  }

  /** Resolves when everything has been produced, not before the time is over. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#run
  }

  /** Waits until messages are stored, or can no longer be. */
  async isStoring(): Promise<void> {
    const before = diskUsage(this.#path)
    await waitFor(() => this.isFull || diskUsage(this.#path) !== before, { what: 'the buffer to be used' })
  }

  async #runFor(leastMs: number): Promise<void> {
    const begun = performance.now()
    for (let ms = 0; !this.#isStopped || ms < leastMs; ms = performance.now() - begun) {
      const due = Math.floor((ms * PER_SECOND) / 1_000)
      await this.#produce(numbers(due - this.produced).map((number) => this.produced + number))
      this.produced = due
      this.most = Math.max(this.most, diskUsage(this.#path))
      await pause(TICK_MS)
    }
    this.perSecond = Math.round(this.produced / ((performance.now() - begun) / 1_000))
  }
}

test.each<readonly [WhenFull, number]>([
  ['block', KILLS],
  ...(IS_FULL
    ? ([
        ['drop-oldest', KILLS / 5],
        ['drop-newest', KILLS / 5],
      ] as const)
    : []),
])(
  'a buffer on disk (%s) keeps its limit and what is on it while the sink is away, its gateway is killed and its files are damaged',
  async (whenFull, kills) => {
    const random = new SeededRandom(Number(process.env.NEMO_CAMPAIGN_SEED ?? Date.now()))
    const path = join(await folder(), 'buffer')
    const maxBytes = Math.ceil(kills) * BYTES_PER_KILL
    const { nats, plain, integrations, produce } = await brokers()
    await nats.kill()
    const gateway = await KilledGateway.start({
      integrations,
      routes: {
        r: {
          from: { integration: 'source', queue: 'in' },
          to: { integration: 'sink', queue: 'out' },
          window: WINDOW,
          buffer: { type: 'disk', path, max_bytes: maxBytes, when_full: whenFull },
        },
      },
    })
    const producing = new Producing(produce, path, maxBytes, kills * LIFE_MS)
    const damaged = new Set<number>()
    let killed = 0
    let killedWhenFull = 0
    for (; killed < kills || !producing.isFull; killed++) {
      // At any moment, also while it starts; every other time when it stores messages.
      if (killed % 2 === 1) await producing.isStoring()
      await pause(random.number() * LIFE_MS)
      await gateway.kill()
      if (producing.isFull) killedWhenFull++
      expect(diskUsage(path)).toBeLessThanOrEqual(maxBytes)
      const kind = DAMAGES[killed % DAMAGES.length]!
      for (const number of await damage(path, kind, () => random.number())) damaged.add(number)
      await gateway.restart()
    }
    await producing.stop()
    const { produced, most, perSecond } = producing
    const isSettled = async () => (await pending(plain)) === 0 && !(await isWaiting(plain))
    // What does not fit stays at the source, or is dropped there.
    if (whenFull === 'block') {
      expect(await isWaiting(plain)).toBe(true)
      expect(await pending(plain)).toBeLessThanOrEqual(WINDOW)
    } else await waitFor(isSettled, { timeoutMs: 60_000, what: 'the source to be settled' })

    const stored = storedNumbers(path)
    await nats.restart()
    const found = new Found(nats.url)
    await found.all([...stored])
    const isThere = (number: number) => found.counts.has(number) || damaged.has(number)
    if (whenFull === 'block') {
      await found.all(numbers(produced).filter((number) => !damaged.has(number)))
      await waitFor(isSettled, { what: 'the source to be settled' })
    }
    if (whenFull === 'drop-oldest') {
      const oldest = Math.min(...stored)
      expect(numbers(produced).filter((number) => number >= oldest && !isThere(number))).toEqual([])
    }
    const figures = {
      whenFull,
      killed,
      killedWhenFull,
      produced,
      perSecond,
      damaged: damaged.size,
      arrived: found.counts.size,
      doubled: [...found.counts.values()].reduce((sum, count) => sum + count - 1, 0),
      disk: most,
      maxBytes,
    }
    if (IS_FULL) process.stdout.write(`${JSON.stringify(figures)}\n`)
    expect(most).toBeLessThanOrEqual(maxBytes)
    expect([...found.counts.keys()].every((number) => number < produced)).toBe(true)
  },
  rounds(120_000, 900_000),
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
    await waitFor(async () => (await pending(plain)) === 0, { what: 'the source to be settled' })
    expect([...found.counts].filter(([, count]) => count > 1)).toEqual([])
  },
  rounds(120_000, 300_000),
)
