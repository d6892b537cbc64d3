import { expect } from 'vitest'
import type { Gateway } from '../../../src/index.js'
import { waitFor } from '../../support/wait-for.js'
import { connected } from './kill.js'
import { Numbers } from './numbers.js'
import { atPace } from './pace.js'
import { Settlements } from './settled.js'

/** What an attack on the connection may wait for. */
export interface Fire {
  /** Resolves when something was received that was published and sent after this was called. */
  flowing(): Promise<void>
  /** Resolves when the integration has noticed that its connection is gone. */
  lost(): Promise<void>
}

export interface FireOptions {
  /** Messages to the topic, and as many to the queue. */
  readonly perSecond: number
  /** Whether the broker loses nothing by itself: one that is killed loses what it has not written to disk. */
  readonly durable: boolean
}

/** Longer than an operation's own time-out: what has not settled by then hangs. */
const SETTLE_MS = 60_000

/**
 * Publishes to a topic and sends to a queue at a steady rate, while `attack` does its worst to the broker or the
 * network; then sees to it that every promise has settled, that what a durable broker acknowledged was received by the
 * subscriber and handled by the consumer, and that both go on.
 */
export async function underFire(
  gateway: Gateway,
  name: string,
  { perSecond, durable }: FireOptions,
  attack: (fire: Fire) => Promise<void>,
): Promise<void> {
  await connected(gateway, name)
  const settlements = new Settlements()
  const [published, sent] = [new Set<number>(), new Set<number>()]
  const [received, handled] = [new Numbers(), new Numbers()]
  let newest = { received: -1, handled: -1 }
  const subscription = await gateway.pubsub(name).subscribe<{ n: number }>('fire/topic', { qos: 1 })
  const listening = (async () => {
    for await (const { value } of subscription) {
      received.add(value.n)
      newest = { ...newest, received: Math.max(newest.received, value.n) }
    }
  })()
  const consumer = gateway.queue(name).consume<{ n: number }>('fire/queue', { concurrency: 8 })
  const working = consumer.each(({ value }) => {
    handled.add(value.n)
    newest = { ...newest, handled: Math.max(newest.handled, value.n) }
  })
  // A consumer subscribes in its own time; what is sent before has nobody to keep it.
  await waitFor(
    async () => {
      await gateway.queue(name).send('fire/queue', { n: -1 })
      return handled.has(-1)
    },
    { what: 'the consumer to begin' },
  )

  let last = 0
  const flow = atPace(perSecond, () => {
    const n = last++
    settlements.follow(
      `publish ${n}`,
      gateway.pubsub(name).publish('fire/topic', { n }, { qos: 1 }),
      ({ ok }) => ok && published.add(n),
    )
    settlements.follow(
      `send ${n}`,
      gateway.queue(name).send('fire/queue', { n }),
      ({ ok }) => ok && sent.add(n),
    )
  })
  const state = () => gateway.connections.status(name).state
  const fire: Fire = {
    flowing: async () => {
      const from = last
      await waitFor(() => newest.received > from && newest.handled > from, {
        timeoutMs: 30_000,
        what: () => `what comes after ${from}; the newest: ${JSON.stringify(newest)}; it is ${state()}`,
      })
    },
    lost: async () => void (await waitFor(() => state() !== 'connected', { what: 'the loss to be noticed' })),
  }
  await fire.flowing()
  await attack(fire)
  await fire.flowing()
  await flow.stop()

  await settlements.allSettled(SETTLE_MS)
  settlements.expectTyped()
  // What a killed broker had sent and nobody had read yet is gone with its connection.
  const missing = () => (durable ? [received.missing(published), handled.missing(sent)] : [])
  await waitFor(() => missing().every((numbers) => numbers.length === 0), {
    what: () => `what was acknowledged: ${JSON.stringify(missing())}`,
  })
  // The load was real, and most of it got through.
  expect(published.size).toBeGreaterThan(last / 2)
  expect(sent.size).toBeGreaterThan(last / 2)
  await Promise.all([subscription.close(), consumer.close()])
  await Promise.all([listening, working])
}
