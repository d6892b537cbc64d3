import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { ActorCrashedError } from '../../src/core/errors/lifecycle.js'
import type { GatewayReport } from '../../src/core/events.js'
import { ActorRef } from '../../src/ledger/actor-ref.js'
import { Turn } from '../../src/mailbox/turn.js'
import { Work } from '../../src/mailbox/work.js'
import { SupervisionTree } from '../../src/supervisor/tree.js'
import { Settlements } from './support/settled.js'

const THRESHOLD = 3
const backoff = { kind: 'constant', initialMs: 1 } as const
const trees: SupervisionTree[] = []

afterEach(async () => {
  for (const tree of trees.splice(0)) await tree.stop(0)
})

/** A tree with one integration, whose protocol is the fixture. */
async function poisonable(): Promise<{ mail: ActorRef; tree: SupervisionTree; reports: GatewayReport[] }> {
  let mail!: ActorRef
  const reports: GatewayReport[] = []
  const integration = {
    manifest: {
      type: 'poisonable',
      capabilities: ['publish'],
      defaultFormat: 'json',
      formats: ['json'],
      auth: ['none'],
      config: undefined as never,
      needsEndpoint: false,
      worker: () => new URL('../fixtures/poisonable-actor.js', import.meta.url),
    },
    supervision: {
      restart: 'permanent',
      maxRestarts: 100,
      withinMs: 60_000,
      backoff,
      jitter: 0,
      readyTimeoutMs: 10_000,
      shutdownMs: 1_000,
      poisonThreshold: THRESHOLD,
      warmSpares: 0,
    },
    settings: {
      name: 'victim',
      type: 'poisonable',
      endpoint: { addresses: [] },
      config: {},
      auth: { type: 'none' },
      format: 'json',
      timeoutMs: 30_000,
      retry: { maxAttempts: 1, backoff, jitter: 0, retryableErrors: [] },
      circuitBreaker: { failureThreshold: 5, successThreshold: 1, timeoutMs: 1_000 },
      healthCheck: { enabled: false, intervalMs: 1_000, timeoutMs: 1_000 },
      reconnect: { enabled: true, maxAttempts: -1, delayMs: 100, maxDelayMs: 100, offline: 'wait' },
      mailbox: { messages: 10_000, bytes: 1 << 26, overflow: 'block' },
      limits: { memory: 512 << 20, frame: 1 << 24 },
      heartbeatMs: 300,
    },
  } as const
  const tree = new SupervisionTree(
    { integrations: [integration], brokers: [], servers: [], supervisors: [], routes: [] },
    systemClock,
    (actor, events) => {
      mail = new ActorRef(actor, systemClock, new Turn(systemClock, 4), events)
      return mail
    },
    new Work(systemClock),
    'test',
    (report) => reports.push(report),
  )
  trees.push(tree)
  await tree.start()
  return { mail, tree, reports }
}

const dead = (reports: readonly GatewayReport[]) => reports.filter(({ kind }) => kind === 'message:dead')

test.each(['spin', 'throw'])(
  'a message that makes its actor %s is set aside; the others go on',
  async (poison) => {
    const { mail, tree, reports } = await poisonable()
    const others = new Settlements()
    const publishOthers = () => {
      for (let n = 0; n < 20; n++) others.follow(`publish ${n}`, mail.request('publish', 'good', n))
    }
    publishOthers()
    const poisoned = mail.request('publish', 'bad', poison)
    publishOthers()

    await expect(poisoned).rejects.toBeInstanceOf(ActorCrashedError)
    await expect(poisoned).rejects.toMatchObject({ integration: 'victim', maybeExecuted: true })
    await others.allSettled()
    expect(others.errors).toEqual([])
    expect(dead(reports)).toEqual([
      expect.objectContaining({
        integration: 'victim',
        queue: 'bad',
        value: poison,
        attempts: THRESHOLD,
        reason: expect.stringContaining(poison === 'spin' ? 'heartbeat' : 'this payload is poison'),
      }),
    ])
    // One death to learn of it where several messages were in hand, and those that the threshold allows.
    expect(tree.restarts('victim')).toBeLessThanOrEqual(THRESHOLD + 1)
  },
)

test('several poisonous messages among others are found one by one', async () => {
  const { mail, reports } = await poisonable()
  const others = new Settlements()
  const poisoned = new Settlements()
  for (let n = 0; n < 300; n++) {
    if (n % 100 === 50) poisoned.follow(`poison ${n}`, mail.request('publish', 'bad', 'throw'))
    else others.follow(`publish ${n}`, mail.request('publish', 'good', n))
  }
  await poisoned.allSettled()
  await others.allSettled()
  expect(others.errors).toEqual([])
  expect(poisoned.errors).toHaveLength(3)
  for (const error of poisoned.errors) expect(error).toBeInstanceOf(ActorCrashedError)
  expect(dead(reports)).toHaveLength(3)
})
