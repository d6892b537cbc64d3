import { expect } from 'vitest'
import type { Fault, Gateway, PublishOptions, Subscription } from '../../../src/index.js'
import { waitFor } from '../../support/wait-for.js'
import { kill } from './kill.js'
import type { Numbers } from './numbers.js'
import { atPace } from './pace.js'
import { Settlements } from './settled.js'

export interface Ordeal {
  readonly gateway: Gateway
  /** The integration whose actor is killed. */
  readonly victim: string
  /** Integrations that must not notice. */
  readonly neighbours: readonly string[]
  readonly topic: string
  readonly options?: PublishOptions
  /** A subscription of the victim to the topic: it has to resume. */
  readonly own: Subscription<{ n: number }>
  /** What an observer who is not killed has received. */
  readonly witness: Numbers
}

const PER_SECOND = 5_000
/** Longer than this, and a promise hangs: an operation's own time-out is half of it. */
const SETTLE_MS = 60_000

/**
 * Kills the victim again and again under load, and sees to the promises of the gateway: every promise settles,
 * nothing that was acknowledged is lost, subscriptions resume, neighbours keep their threads.
 */
export async function survive(ordeal: Ordeal, fault: Fault, times: number): Promise<void> {
  const { gateway, victim, neighbours, topic, options, own, witness } = ordeal
  const threads = () => neighbours.map((name) => gateway.connections.status(name).threadId)
  const threadsBefore = threads()
  const settlements = new Settlements()
  const acknowledged = new Set<number>()
  const pubsub = gateway.pubsub(victim)

  const first = nextNumber(ordeal)
  let last = first
  let newestOwn = -1
  const listening = (async () => {
    for (let message = await own.recv(); message !== undefined; message = await own.recv()) {
      newestOwn = Math.max(newestOwn, message.value.n)
      if (message.value.n === END) return
    }
  })()
  const flow = atPace(PER_SECOND, () => {
    const n = last++
    settlements.follow(`publish ${n}`, pubsub.publish(topic, { n }, options), ({ ok }) => {
      if (ok) acknowledged.add(n)
    })
  })

  const seen = new Set<number | undefined>()
  for (let i = 0; i < times; i++) {
    seen.add(gateway.connections.status(victim).threadId)
    const successor = await kill(gateway, victim, fault)
    expect(seen.has(successor)).toBe(false)
    // Published after the successor was there, so received by the successor.
    const from = last
    await waitFor(() => newestOwn > from, {
      timeoutMs: 60_000,
      what: () => `the subscription to resume after ${fault} number ${i + 1}`,
    })
  }

  await flow.stop()
  await settlements.allSettled(SETTLE_MS)
  settlements.expectTyped()
  await waitFor(() => witness.missing(acknowledged).length === 0, {
    what: () => `${witness.missing(acknowledged).length} acknowledged messages that are missing`,
  })
  expect(threads()).toEqual(threadsBefore)
  // The load was real: each successor has acknowledged something. How much depends on the machine.
  expect(acknowledged.size).toBeGreaterThan(times)
  await pubsub.publish(topic, { n: END }, options)
  await listening
}

const END = Number.MAX_SAFE_INTEGER
const numbers = new WeakMap<Gateway, number>()

/** Each ordeal of a gateway has a million numbers of its own. */
function nextNumber({ gateway }: Ordeal): number {
  const next = numbers.get(gateway) ?? 0
  numbers.set(gateway, next + 1_000_000)
  return next
}
