import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AdapterConsumer, InboundDelivery } from '../../../src/core/adapter/queue-facet.js'
import { until, within } from '../../support/adapter-context.js'
import { FaultProxy } from '../../support/fault-proxy.js'
import { type Mosquitto, startMosquitto } from '../../support/mosquitto.js'
import { rounds } from '../../support/rounds.js'
import { bytes, Deliveries, type Fixture, mqttFixture } from './fixture.js'

const ROUNDS = rounds(2, 6)
const MESSAGES = 200
const WORKERS = 3

let broker: Mosquitto
beforeAll(async () => {
  broker = await startMosquitto({ config: ['log_type information', 'max_inflight_messages 0'] })
})
afterAll(() => broker.stop())

/** Numbers that are the same in every run with that seed. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** A worker that consumes, settles in any way, stops consuming, comes back, and loses its connection. */
class Worker {
  readonly fixture: Fixture
  readonly handled: Map<string, number>
  readonly #queue: string
  readonly #proxy: FaultProxy
  readonly #random: () => number
  #consumer: AdapterConsumer | undefined
  #wants = false
  #isSteady = false
  #isStopped = false
  #work: Promise<void> = Promise.resolve()

  constructor(proxy: FaultProxy, queue: string, handled: Map<string, number>, next: () => number) {
    this.#proxy = proxy
    this.#queue = queue
    this.handled = handled
    this.#random = next
    this.fixture = mqttFixture(proxy.port, { receive_maximum: 20 })
    Object.assign(this.fixture.context, { connectionLost: () => void this.connect() })
  }

  connect(): Promise<void> {
    this.#consumer = undefined
    return this.#next(async () => {
      while (!this.#isStopped)
        try {
          return await this.fixture.adapter.connect(AbortSignal.timeout(5_000))
        } catch {
          await pause(10)
        }
    }).then(() => void this.open())
  }

  /** Consumes until it is closed. */
  open(): Promise<void> {
    this.#wants = true
    return this.#next(async () => {
      for (
        let tries = 0;
        tries < 50 && this.#wants && this.#consumer === undefined && !this.#isStopped;
        tries++
      )
        await this.#consume().catch(() => pause(20))
    })
  }

  close(): Promise<void> {
    if (this.#isSteady) return Promise.resolve()
    this.#wants = false
    return this.#next(async () => {
      const closing = this.#consumer
      this.#consumer = undefined
      await closing?.close()
    })
  }

  async step(): Promise<void> {
    const dice = this.#random()
    if (dice < 0.08) this.#proxy.disconnect()
    else if (dice < 0.3) await this.close()
    else await this.open()
  }

  /** From now on it consumes, come what may. */
  steady(): Promise<void> {
    this.#isSteady = true
    return this.open()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.fixture.adapter.disconnect()
    this.#proxy.close()
  }

  #next(step: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(step)
    return this.#work
  }

  async #consume(): Promise<void> {
    const sink = new Deliveries()
    sink.deliver = (delivery) => {
      void this.#handle(delivery).then(() => consumer.request(1))
      return true
    }
    const consumer = await this.fixture.adapter.queue!.consume(this.#queue, sink, within())
    this.#consumer = consumer
    sink.end = () => {
      if (this.#consumer !== consumer) return
      this.#consumer = undefined
      if (this.#wants) void this.open()
    }
    consumer.request(1 + Math.floor(this.#random() * 5))
  }

  async #handle(delivery: InboundDelivery): Promise<void> {
    const dice = this.#isSteady ? 1 : this.#random()
    const text = Buffer.from(delivery.payload).toString()
    try {
      if (dice < 0.15) await delivery.undelivered!()
      else if (dice < 0.3) await delivery.nack(Math.floor(this.#random() * 30))
      else {
        if (dice < 0.5) await pause(this.#random() * 20)
        await delivery.ack()
        this.handled.set(text, (this.handled.get(text) ?? 0) + 1)
      }
    } catch {
      // The connection is gone: the broker delivers it again.
    }
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

it.each(Array.from({ length: ROUNDS }, (_, i) => i + 1))(
  'every message is handled, whatever becomes of consumers and connections: round %i',
  async (seed) => {
    const next = random(seed)
    // A member that went away with its connection is still one: each run has a queue to itself.
    const queue = `campaign/${seed}/${Math.random().toString(36).slice(2)}`
    const handled = new Map<string, number>()
    const workers = await Promise.all(
      Array.from({ length: WORKERS }, async () => {
        const worker = new Worker(await FaultProxy.start(broker.port), queue, handled, next)
        await worker.connect()
        return worker
      }),
    )
    const sender = mqttFixture(broker.port)
    await sender.adapter.connect(AbortSignal.timeout(5_000))
    await workers[0]!.open()
    const sent = new Set<string>()
    for (let i = 0; i < MESSAGES; i++) {
      const text = `${seed}/${i}`
      const accepted = await sender.adapter.queue!.enqueue(queue, bytes(text), {}, within()).then(
        () => true,
        // Nobody consumes it at this moment, and the broker says so.
        () => false,
      )
      if (accepted) sent.add(text)
      if (i % 4 === 0) await workers[Math.floor(next() * WORKERS)]!.step()
    }
    await Promise.all(workers.map((worker) => worker.steady()))
    const missing = () => [...sent].filter((text) => !handled.has(text))
    await until(() => missing().length === 0, 'all to be handled', 30_000).catch(() => {})
    expect(missing()).toEqual([])
    expect(sent.size).toBeGreaterThan(MESSAGES / 4)
    await Promise.all(workers.map((worker) => worker.stop()))
    await sender.adapter.disconnect()
  },
  60_000,
)
