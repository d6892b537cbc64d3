import { beforeEach, expect, it } from 'vitest'
import type { ProtocolAdapter } from '../../../src/core/adapter/protocol-adapter.js'
import type { AdapterConsumer, InboundDelivery } from '../../../src/core/adapter/queue-facet.js'
import { until, within } from '../../support/adapter-context.js'
import { rounds } from '../../support/rounds.js'
import { bytes, connected } from './fixture.js'
import { testServer } from './server.js'

const { server, client } = await testServer()
beforeEach(() => client.flushall())

const MESSAGES = 300
const WORKERS = 3

/** Numbers from 0 to 1 that depend on the seed alone. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

/** What has become of the messages, by their ids. */
class Story {
  readonly handled = new Set<string>()
  readonly wrong: string[] = []
  /** Deliveries that somebody had and that did not settle the message. */
  readonly #failed = new Map<string, number>()

  delivered({ id, attempt, redelivered }: InboundDelivery): void {
    const expected = 1 + (this.#failed.get(id!) ?? 0)
    if (attempt !== expected) this.wrong.push(`${id} came as attempt ${attempt}, not ${expected}`)
    if (redelivered !== attempt > 1) this.wrong.push(`${id} came as redelivered: ${redelivered}`)
    if (this.handled.has(id!)) this.wrong.push(`${id} came again after it was acknowledged`)
  }

  failed({ id }: InboundDelivery): void {
    this.#failed.set(id!, 1 + (this.#failed.get(id!) ?? 0))
  }
}

/** A worker that closes its consumer, or ends its connection in order, at random moments. */
class Worker {
  readonly #story: Story
  readonly #random: () => number
  readonly #inHand = new Set<InboundDelivery>()
  #adapter!: ProtocolAdapter
  #consumer: AdapterConsumer | undefined
  stopping = false

  constructor(story: Story, random: () => number) {
    this.#story = story
    this.#random = random
  }

  async run(): Promise<void> {
    while (!this.stopping) {
      this.#adapter = (await connected(server.port, { config: { block: 5_000 } })).adapter
      for (let consumers = 0; consumers < 4 && !this.stopping; consumers++) {
        this.#consumer = await this.#adapter.queue!.consume('jobs', this, within(30_000))
        this.#consumer.request(1 + Math.floor(this.#random() * 20))
        await pause(this.#random() * 30)
        await this.#consumer.close()
      }
      // What is in hand at the end goes back, and counts.
      for (const delivery of this.#inHand) this.#story.failed(delivery)
      this.#inHand.clear()
      await this.#adapter.disconnect()
    }
  }

  deliver(delivery: InboundDelivery): boolean {
    this.#story.delivered(delivery)
    this.#inHand.add(delivery)
    void this.#settle(delivery)
    return true
  }

  lost(): void {}

  end(error: Error): void {
    this.#story.wrong.push(error.message)
  }

  async #settle(delivery: InboundDelivery): Promise<void> {
    const chance = this.#random()
    if (chance > 0.6) await pause(this.#random() * 20)
    if (!this.#inHand.delete(delivery)) return
    if (chance < 0.5) {
      this.#story.handled.add(delivery.id!)
      await delivery.ack()
    } else if (chance < 0.75) await delivery.undelivered!()
    else {
      this.#story.failed(delivery)
      await delivery.nack(chance < 0.85 ? 0 : 20)
    }
    this.#consumer?.request(1)
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

it.each([1, 2, 3, 4, 5].slice(0, rounds(2, 5)))(
  'each message is handled once, and attempts count deliveries alone (%i)',
  async (seed) => {
    const random = randomFrom(seed)
    const story = new Story()
    const { adapter } = await connected(server.port)
    const workers = Array.from({ length: WORKERS }, () => new Worker(story, random))
    const running = workers.map((worker) => worker.run())
    for (let n = 0; n < MESSAGES; n++) {
      await adapter.queue!.enqueue('jobs', bytes(`${n}`), random() < 0.1 ? { delayMs: 30 } : {}, within())
      if (random() < 0.2) await pause(1)
    }
    await until(
      () => story.handled.size === MESSAGES || story.wrong.length > 0,
      `all of them in round ${seed}`,
      40_000,
    )
    for (const worker of workers) worker.stopping = true
    await Promise.all(running)
    expect(story.wrong).toEqual([])
    expect(((await client.xpending('jobs', 'nemo-workers')) as unknown[])[0]).toBe(0)
    // Nobody is a member of the group any more who is not needed.
    const members = (await client.xinfo('CONSUMERS', 'jobs', 'nemo-workers')) as unknown[][]
    expect(members.map((row) => row[1]).filter((name) => name !== 'nemo:returned')).toEqual([])
  },
  60_000,
)
