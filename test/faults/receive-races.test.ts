import { afterEach, describe, expect, test } from 'vitest'
import { Gateway, type QueueMessage } from '../../src/index.js'
import { until } from '../support/adapter-context.js'
import { rounds } from '../support/rounds.js'

/** Numbers from 0 to 1 that are the same in each run. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const gateways: Gateway[] = []
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.shutdown({ timeout: 0 })
})

const supervision = { max_restarts: 1_000, within: '1m', backoff: '1ms', max_backoff: '20ms' }

async function start(): Promise<Gateway> {
  const gateway = await Gateway.start({
    integrations: { taker: { type: 'memory', supervision }, sender: { type: 'memory', supervision } },
  })
  gateways.push(gateway)
  return gateway
}

/** Aborts after so many microtasks, turns or milliseconds: before, while and after its message arrives. */
function abortSoon(random: () => number): AbortSignal {
  const abort = new AbortController()
  const end = () => abort.abort()
  const steps = Math.floor(random() * 6)
  const later = (left: number): void => {
    if (left <= 0) end()
    else if (random() < 0.5) queueMicrotask(() => later(left - 1))
    else setImmediate(() => later(left - 1))
  }
  if (random() < 0.5) later(steps)
  else setTimeout(end, random() * 4)
  return abort.signal
}

/**
 * Receives in every way at once until all messages have been acknowledged. Where the actor dies, nobody can say whether
 * an acknowledgement under way has reached the broker.
 * @returns the attempts of each, 0 where it is not known whether it was acknowledged
 */
async function takeAll(gateway: Gateway, count: number, random: () => number, disturb: () => void) {
  const queue = gateway.queue('taker')
  const acked = new Map<unknown, number>()
  const doubtful = new Set<unknown>()
  const settled = () => new Set([...acked.keys(), ...doubtful]).size
  const deadline = Date.now() + 60_000
  const take = async () => {
    while (settled() < count && Date.now() < deadline) {
      if (random() < 0.02) disturb()
      const how = random()
      const options =
        how < 0.6 ? { signal: abortSoon(random) } : { timeout: how < 0.8 ? 0 : Math.floor(random() * 5) }
      const message: QueueMessage | undefined = await queue
        .receive('jobs', { timeout: 200, ...options })
        .catch(() => undefined)
      if (message === undefined) continue
      if (await message.ack().catch(() => false)) acked.set(message.value, message.attempt)
      else doubtful.add(message.value)
    }
  }
  await Promise.all(Array.from({ length: 8 }, take))
  for (const value of doubtful) if (!acked.has(value)) acked.set(value, 0)
  return acked
}

describe.each([1, 2, 3].slice(0, rounds(1, 3)))(
  'receives that are aborted at any moment, round %i',
  (seed) => {
    const COUNT = 300

    test('withhold no message, and none counts as delivered', async () => {
      const gateway = await start()
      const random = numbers(seed)
      const sending = (async () => {
        for (let n = 0; n < COUNT; n++) await gateway.queue('sender').send('jobs', n)
      })()
      const acked = await takeAll(gateway, COUNT, random, () => {})
      await sending
      expect(acked.size).toBe(COUNT)
      expect(new Set(acked.values())).toEqual(new Set([1]))
      // The last aborted receives may still be with the actor.
      const depths = () => gateway.metrics().integrations.taker!.depths
      await until(() => depths().waiting === 0 && depths().posted === 0, 'all requests are settled')
    }, 90_000)

    test('nor where the actor dies meanwhile', async () => {
      const gateway = await start()
      const random = numbers(seed)
      for (let n = 0; n < COUNT; n++) await gateway.queue('sender').send('jobs', n)
      let kills = 0
      const acked = await takeAll(gateway, COUNT, random, () => {
        if (++kills <= 5) void gateway.connections.inject('taker', 'throw').catch(() => {})
      })
      expect(acked.size).toBe(COUNT)
    }, 90_000)
  },
)
