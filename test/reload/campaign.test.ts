import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ConfigObject, Gateway } from '../../src/index.js'
import { IS_FULL, rounds } from '../support/rounds.js'
import { waitFor } from '../support/wait-for.js'
import { memoryPeer, mqttPeer, natsPeer, type Peer, redisPeer } from './peers.js'

const ROUNDS = rounds(3, 100)
/**
 * A thousand messages a second over four integrations: each has a topic and a queue from another client to the gateway,
 * and a topic and a queue from the gateway to another client.
 */
const BURST = 5
const BURST_MS = 80
/** How long the messages flow without a reload, to compare their delays. */
const QUIET_MS = rounds(400, 20_000)
const NAMES = ['mqtt', 'nats', 'redis', 'memory'] as const
type Name = (typeof NAMES)[number]
const PEER = 'peer'

let peers: Readonly<Record<Name, Peer>>
let gateway: Gateway
beforeAll(async () => {
  const [mqtt, nats, redis] = await Promise.all([mqttPeer(), natsPeer(), redisPeer()])
  peers = { mqtt, nats, redis, memory: memoryPeer(() => gateway, PEER) }
}, 60_000)
afterAll(() => Promise.all(Object.values(peers ?? {}).map((peer) => peer.stop())))

/** A configuration in which one integration has another number in its mailbox, which takes a successor. */
function configured(changed: Name, round: number): ConfigObject {
  // The machine may be busy.
  const supervision = { ready_timeout: '1m', heartbeat: '20s' }
  const of = (name: Name) => ({
    ...peers[name].integration,
    mailbox: { messages: name === changed ? 10_001 + round : 10_000 },
    supervision,
  })
  const integrations = Object.fromEntries(NAMES.map((name) => [name, of(name)]))
  return { integrations: { ...integrations, [PEER]: { type: 'memory', supervision } } } as ConfigObject
}

/** Messages from one side to the other: numbers from 0. */
class Flow {
  readonly arrived: number[] = []
  /** The time from each message to its arrival. */
  readonly delays: number[] = []
  sent = 0
  readonly #at: number[] = []
  readonly #send: (n: number) => Promise<unknown>
  readonly #accepted: Promise<unknown>[] = []

  constructor(send: (n: number) => Promise<unknown>) {
    this.#send = send
  }

  send(): void {
    const n = this.sent++
    this.#at[n] = performance.now()
    this.#accepted.push(this.#send(n))
  }

  /** Resolves when the broker has accepted all messages. */
  async accepted(): Promise<void> {
    await Promise.all(this.#accepted)
  }

  receive(n: number): void {
    // Messages that find out whether the receiver is there have no number.
    if (n < 0) return
    this.arrived.push(n)
    this.delays[n] ??= performance.now() - this.#at[n]!
  }

  get lost(): readonly number[] {
    const arrived = new Set(this.arrived)
    return Array.from({ length: this.sent }, (_, n) => n).filter((n) => !arrived.has(n))
  }

  get repeated(): number {
    return this.arrived.length - new Set(this.arrived).size
  }
}

/** The four flows of one integration. */
class Lane {
  readonly name: Name
  readonly #prefix: string
  readonly flows: Readonly<Record<'topic in' | 'queue in' | 'topic out' | 'queue out', Flow>>
  #isOver = false
  #sending: Promise<unknown> = Promise.resolve()
  #close: () => Promise<unknown> = async () => {}

  /** @param campaign tells its topics and queues from those of other campaigns at the same brokers */
  constructor(name: Name, campaign: string) {
    this.name = name
    this.#prefix = `${campaign}-${name}`
    const peer = peers[name]
    const prefix = this.#prefix
    this.flows = {
      'topic in': new Flow((n) => peer.publish(`${prefix}-topic-in`, n)),
      'queue in': new Flow((n) => peer.send(`${prefix}-queue-in`, n)),
      'topic out': new Flow((n) => gateway.pubsub(name).publish(`${prefix}-topic-out`, n)),
      'queue out': new Flow((n) => gateway.queue(name).send(`${prefix}-queue-out`, n)),
    }
  }

  async open(): Promise<void> {
    const { name, flows } = this
    const prefix = this.#prefix
    const peer = peers[name]
    await peer.open(`${prefix}-queue-out`)
    await peer.subscribe(`${prefix}-topic-out`, (n) => flows['topic out'].receive(n))
    const subscription = await gateway.pubsub(name).subscribe(`${prefix}-topic-in`)
    let isConsuming = false
    const consumer = gateway.queue(name).consume(`${prefix}-queue-in`, { concurrency: 16 })
    const reading = (async () => {
      for await (const { value } of subscription) flows['topic in'].receive(value as number)
    })()
    const consuming = consumer.each(({ value }) => {
      isConsuming = true
      flows['queue in'].receive(value as number)
    })
    // An MQTT broker drops messages of a queue without a consumer, and JetStream refuses them without a stream.
    let probe = 0
    const probed = () => peer.send(`${prefix}-queue-in`, --probe).then(() => isConsuming)
    await waitFor(probed, { what: 'the consumer', timeoutMs: 30_000 })
    this.#close = async () => {
      await Promise.all([subscription.close(), consumer.close()])
      await Promise.all([reading, consuming])
    }
    this.#sending = this.#send()
  }

  /** Stops sending. Resolves when everything has arrived, or has not arrived for some time. */
  async stop(): Promise<void> {
    this.#isOver = true
    await this.#sending
    const flows = Object.values(this.flows)
    await Promise.all(flows.map((flow) => flow.accepted()))
    const { 'queue out': out, ...others } = this.flows
    const isComplete = () => Object.values(others).every(({ lost }) => lost.length === 0)
    for (let before = -1; !isComplete(); ) {
      const arrived = flows.reduce((sum, flow) => sum + flow.arrived.length, 0)
      if (arrived === before) break
      before = arrived
      await waitFor(isComplete, { what: 'all messages', timeoutMs: 15_000 }).catch(() => {})
    }
    await waitFor(
      async () => {
        out.arrived.length = 0
        for (const n of await peers[this.name].sent(`${this.#prefix}-queue-out`)) out.receive(n)
        return out.lost.length === 0
      },
      { what: 'all messages', timeoutMs: 15_000 },
    ).catch(() => {})
  }

  close(): Promise<unknown> {
    return this.#close()
  }

  async #send(): Promise<void> {
    while (!this.#isOver) {
      for (const flow of Object.values(this.flows)) for (let i = 0; i < BURST; i++) flow.send()
      await new Promise((resolve) => setTimeout(resolve, BURST_MS))
    }
  }
}

describe('a reload under a thousand messages a second', () => {
  test.each(NAMES)(
    'of %s: nothing is lost, and the other integrations notice nothing',
    async (changed) => {
      gateway = await Gateway.start(configured(changed, 0))
      try {
        for (const name of [...NAMES, PEER]) await gateway.connections.get(name, { timeout: '20s' })
        const thread = (name: Name) => gateway.connections.status(name).threadId
        const before = new Map(NAMES.map((name) => [name, thread(name)]))
        const lanes = NAMES.map((name) => new Lane(name, changed))
        await Promise.all(lanes.map((lane) => lane.open()))
        await new Promise((resolve) => setTimeout(resolve, QUIET_MS))
        const quiet = new Map(
          lanes.flatMap(({ flows }) => Object.values(flows)).map((flow) => [flow, flow.sent]),
        )
        for (let round = 1; round <= ROUNDS; round++) {
          const plan = await gateway.reload(configured(changed, round))
          expect(plan.filter(({ action }) => action !== 'unchanged').map(({ name }) => name)).toEqual([
            changed,
          ])
        }
        await Promise.all(lanes.map((lane) => lane.stop()))
        const lost: Record<string, readonly number[]> = {}
        const repeated: Record<string, number> = {}
        for (const { name, flows } of lanes)
          for (const [way, flow] of Object.entries(flows)) {
            const key = `${name} ${way}`
            if (flow.lost.length > 0) lost[key] = flow.lost
            if (name !== changed && flow.repeated > 0) repeated[key] = flow.repeated
            print(
              `${changed} reloaded: ${key}: ${flow.sent} sent, ${flow.lost.length} lost, ${flow.repeated} repeated`,
            )
          }
        // What the gateway has sent to a queue is read at the end.
        const others = lanes
          .filter(({ name }) => name !== changed)
          .flatMap(({ flows: { 'queue out': _, ...flows } }) => Object.values(flows))
        const delays = (from: (flow: Flow) => number, to: (flow: Flow) => number) =>
          summary(others.flatMap((flow) => flow.delays.slice(from(flow), to(flow))))
        const during = delays(
          (flow) => quiet.get(flow)!,
          ({ sent }) => sent,
        )
        const without = delays(
          () => 0,
          (flow) => quiet.get(flow)!,
        )
        print(`${changed} reloaded: delay of the other three ${during}; without reloads ${without}`)
        expect({ lost, repeated }).toEqual({ lost: {}, repeated: {} })
        for (const name of NAMES)
          if (name === changed) expect(thread(name)).not.toBe(before.get(name))
          else expect(thread(name)).toBe(before.get(name))
        await Promise.all(lanes.map((lane) => lane.close()))
      } finally {
        await gateway.shutdown({ timeout: '2s' })
      }
    },
    rounds(60_000, 900_000),
  )
})

function summary(delays: readonly number[]): string {
  const sorted = delays.filter((delay) => delay !== undefined).toSorted((a, b) => a - b)
  const at = (share: number) => (sorted[Math.ceil(share * sorted.length) - 1] ?? 0).toFixed(1)
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms (${sorted.length} messages)`
}

/** Shows figures that depend on the machine, in a full campaign. */
function print(line: string): void {
  if (IS_FULL) process.stdout.write(`${line}\n`)
}
