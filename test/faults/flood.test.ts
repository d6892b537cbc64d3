import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Gateway, MailboxFullError, type Message, type Subscription } from '../../src/index.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { rounds } from '../support/rounds.js'
import { waitFor } from '../support/wait-for.js'
import { flood } from './support/flood.js'
import { connected } from './support/kill.js'
import { Settlements } from './support/settled.js'

const MESSAGES = rounds(40_000, 300_000)
const FILLING = 500
const MAILBOX = { messages: 5_000, bytes: '8MB' }
/** All messages of a campaign weigh 150 MB and more together; what the gateway keeps of them must not. */
const MOST_BYTES = 100 * 1024 * 1024

type Numbered = { readonly n: number }
type Policy = 'block' | 'reject' | 'drop-oldest' | 'drop-newest'

let broker: Mosquitto
let gateway: Gateway | undefined

beforeAll(async () => {
  broker = await startMosquitto({ config: ['log_type information'] })
})
afterEach(async () => {
  await gateway?.shutdown({ timeout: 0 })
  gateway = undefined
})
afterAll(() => broker.stop())

async function start(settings: object = {}): Promise<Gateway> {
  gateway = await Gateway.start({
    integrations: {
      events: {
        type: 'mqtt',
        format: 'json',
        endpoint: { address: broker.url },
        supervision: { heartbeat: '5s' },
        mailbox: MAILBOX,
        ...settings,
      },
    },
  })
  await connected(gateway, 'events')
  return gateway
}

const metrics = (running: Gateway) => running.metrics().integrations.events!

/** Takes about a thousand messages a second, and all there are once it may hurry. */
async function consume(subscription: Subscription<Numbered>, mayHurry: () => boolean) {
  const numbers: number[] = []
  let error: unknown
  const until = (async () => {
    try {
      for (let message: Message<Numbered> | undefined; ; ) {
        message = await subscription.recv()
        if (message === undefined) return
        numbers.push(message.value.n)
        if (!mayHurry() && numbers.length % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      }
    } catch (thrown) {
      error = thrown
    }
  })()
  return { numbers, until, error: () => error }
}

interface Weights {
  heap: number
  buffers: number
  actor: number
  deliveries: number
}

/** The heaviest that the process has been, above what it was. */
function weigh(running: Gateway): { readonly most: Weights; end(): void } {
  const before = process.memoryUsage()
  const most: Weights = { heap: 0, buffers: 0, actor: 0, deliveries: 0 }
  const look = setInterval(() => {
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    most.heap = Math.max(most.heap, heapUsed - before.heapUsed)
    most.buffers = Math.max(most.buffers, arrayBuffers - before.arrayBuffers)
    most.actor = Math.max(most.actor, metrics(running).memoryBytes)
    most.deliveries = Math.max(most.deliveries, metrics(running).depths.deliveries)
  }, 10)
  return { most, end: () => clearInterval(look) }
}

describe('a flood into a subscriber that takes a thousand messages a second', () => {
  test.each<Policy>(['block', 'drop-oldest', 'drop-newest'])(
    '%s: memory is bounded, every message accounted for',
    async (overflow) => {
      const running = await start()
      const subscription = await running.pubsub('events').subscribe<Numbered>('flood', { overflow, qos: 0 })
      let hurry = false
      const { numbers, until } = await consume(subscription, () => hurry)
      const { most, end } = weigh(running)
      await flood(broker.port, 'flood', MESSAGES, FILLING)
      // Under `block` they wait in the broker, else they have been let in and most of them dropped.
      if (overflow !== 'block')
        await waitFor(() => metrics(running).counts.received === MESSAGES, {
          timeoutMs: 60_000,
          what: () => `the flood to have arrived; ${metrics(running).counts.received} have`,
        })
      hurry = true
      await waitFor(() => numbers.length + subscription.dropped === MESSAGES, {
        timeoutMs: 60_000,
        what: () =>
          `${MESSAGES} messages to be accounted for; ${numbers.length} were delivered, ${subscription.dropped} dropped`,
      })
      end()
      const { counts, depths } = metrics(running)
      expect(counts).toMatchObject({
        received: MESSAGES,
        delivered: numbers.length,
        dropped: subscription.dropped,
      })
      expect(depths.deliveries).toBe(0)
      // Each once, and in order.
      expect(numbers.findIndex((n, i) => i > 0 && n <= numbers[i - 1]!)).toBe(-1)
      if (overflow === 'block') expect(subscription.dropped).toBe(0)
      else expect(subscription.dropped).toBeGreaterThan(0)
      if (overflow === 'drop-oldest') expect(numbers.at(-1)).toBe(MESSAGES - 1)
      // What was there first was kept: no gap before the mailbox was full.
      if (overflow === 'drop-newest')
        expect(numbers.slice(0, MAILBOX.messages)).toEqual([...Array(MAILBOX.messages).keys()])
      for (const bytes of [most.heap, most.buffers, most.actor]) expect(bytes).toBeLessThan(MOST_BYTES)
      if (overflow !== 'block') expect(most.deliveries).toBeLessThanOrEqual(MAILBOX.messages)
      await subscription.close()
      await until
    },
    150_000,
  )

  test('reject: the subscription ends with MailboxFullError; others go on', async () => {
    const running = await start()
    const events = running.pubsub('events')
    const other = await events.subscribe<number>('other')
    const subscription = await events.subscribe<Numbered>('flood', { overflow: 'reject', qos: 0 })
    const { numbers, until, error } = await consume(subscription, () => false)
    const { most, end } = weigh(running)
    const flooding = flood(broker.port, 'flood', MESSAGES, FILLING)
    await waitFor(() => metrics(running).counts.received > 0, { what: 'the flood to begin' })
    await flooding
    await until
    end()
    expect(error()).toBeInstanceOf(MailboxFullError)
    expect(error()).toMatchObject({ kind: 'mailbox-full', integration: 'events' })
    // What had been delivered before is not taken away.
    expect(numbers).toEqual([...Array(numbers.length).keys()])
    expect(numbers.length).toBe(metrics(running).counts.delivered)
    for (const bytes of [most.heap, most.buffers, most.actor]) expect(bytes).toBeLessThan(MOST_BYTES)
    await events.publish('other', 1)
    expect((await other.recv())?.value).toBe(1)
  }, 150_000)
})

describe('publishing while the broker is down', () => {
  const MOST = 1_000
  const PUBLISHED = 10_000

  test.each<{ overflow: Policy; kept: number; newest: boolean }>([
    // A caller that does not wait cannot be held back: the line is as long as the mailbox.
    { overflow: 'block', kept: 2 * MOST, newest: false },
    { overflow: 'reject', kept: MOST, newest: false },
    { overflow: 'drop-newest', kept: MOST, newest: false },
    { overflow: 'drop-oldest', kept: MOST, newest: true },
  ])(
    '$overflow: $kept messages are kept, all others rejected with MailboxFullError',
    async ({ overflow, kept, newest }) => {
      const running = await start({
        mailbox: { messages: MOST, bytes: '64MB', overflow },
        reconnect: { delay: '50ms', max_delay: '200ms' },
        circuit_breaker: { failure_threshold: 1_000_000 },
      })
      const events = running.pubsub('events')
      const subscription = await events.subscribe<Numbered>('numbers', { qos: 1 })
      await broker.kill()
      await waitFor(() => running.connections.status('events').state !== 'connected', { what: 'the loss' })

      const settlements = new Settlements()
      const accepted: number[] = []
      for (let n = 0; n < PUBLISHED; n++) {
        settlements.follow(
          `publish ${n}`,
          events.publish('numbers', { n }, { qos: 1 }),
          ({ ok }) => ok && accepted.push(n),
        )
        if (n % 100 === 99) await new Promise((resolve) => setImmediate(resolve))
      }
      await waitFor(() => settlements.errors.length === PUBLISHED - kept, {
        what: () => `${PUBLISHED - kept} rejections; there are ${settlements.errors.length}`,
      })
      for (const error of settlements.errors) expect(error).toBeInstanceOf(MailboxFullError)
      await waitFor(
        () => {
          const { waiting, posted } = metrics(running).depths
          return waiting + posted === kept
        },
        { what: () => `${kept} messages to be kept; depths are ${JSON.stringify(metrics(running).depths)}` },
      )

      await broker.restart()
      await settlements.allSettled()
      const first = newest ? PUBLISHED - kept : 0
      expect(accepted).toEqual([...Array(kept).keys()].map((n) => n + first))
      for (let n = first; n < first + kept; n++) expect((await subscription.recv())?.value).toEqual({ n })
    },
    60_000,
  )

  test('what is given up leaves nothing behind in the mailbox', async () => {
    const running = await start({ mailbox: { messages: MOST, bytes: '64MB', overflow: 'reject' } })
    await broker.kill()
    await waitFor(() => running.connections.status('events').state !== 'connected', { what: 'the loss' })
    const settlements = new Settlements()
    for (let round = 0; round < 5; round++) {
      const controller = new AbortController()
      for (let n = 0; n < MOST; n++)
        settlements.follow(
          `publish ${n} of round ${round}`,
          running.pubsub('events').publish('numbers', n, { qos: 1, signal: controller.signal }),
        )
      await waitFor(() => metrics(running).depths.operations === MOST, { what: 'the actor to have them' })
      controller.abort()
      await waitFor(() => metrics(running).depths.posted === 0, {
        what: () => `an empty mailbox; depths are ${JSON.stringify(metrics(running).depths)}`,
      })
    }
    await settlements.allSettled()
    expect(settlements.errors).toHaveLength(5 * MOST)
    for (const error of settlements.errors) expect(error).toMatchObject({ kind: 'cancelled' })
    await broker.restart()
  }, 60_000)
})
