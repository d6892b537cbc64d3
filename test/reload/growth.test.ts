import { readdirSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ConfigObject, Gateway } from '../../src/index.js'
import { IS_FULL, rounds } from '../support/rounds.js'
import { waitFor } from '../support/wait-for.js'
import { mqttPeer, natsPeer, type Peer, redisPeer } from './peers.js'

const ROUNDS = rounds(8, 500)
/** What is loaded on demand and what V8 compiles is there after these. */
const WARM_UP = rounds(4, 100)
const NAMES = ['mqtt', 'nats', 'redis', 'memory'] as const
type Name = (typeof NAMES)[number]
/** More than the heap varies by between two collections; a leak of 20 KB at each reload is twice as much. */
const MOST_HEAP_MB = 4
const MB = 1024 * 1024

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

let peers: Readonly<Record<Exclude<Name, 'memory'>, Peer>>
beforeAll(async () => {
  const [mqtt, nats, redis] = await Promise.all([mqttPeer(), natsPeer(), redisPeer()])
  peers = { mqtt, nats, redis }
}, 60_000)
afterAll(() => Promise.all(Object.values(peers ?? {}).map((peer) => peer.stop())))

/** A configuration whose mailboxes have been changed this often, one after another. */
function configured(changes: number): ConfigObject {
  const supervision = { ready_timeout: '1m', heartbeat: '20s' }
  const integrations = NAMES.map((name, index) => [
    name,
    {
      ...(name === 'memory' ? { type: 'memory' } : peers[name].integration),
      mailbox: { messages: 1_000 + Math.floor((changes + index) / NAMES.length) },
      supervision,
    },
  ])
  return { integrations: Object.fromEntries(integrations) } as ConfigObject
}

interface Usage {
  readonly heapMb: number
  /** Threads, open files, handles and listeners of the process. */
  readonly counts: Readonly<Record<string, number>>
}

function usage(): Usage {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  const counts: Record<string, number> = {}
  // Timers come and go with each heartbeat.
  for (const kind of process.getActiveResourcesInfo())
    if (!/Timeout|Immediate/.test(kind)) counts[kind] = (counts[kind] ?? 0) + 1
  for (const name of process.eventNames()) counts[`on ${String(name)}`] = process.listenerCount(name)
  if (process.platform === 'linux') {
    counts.threads = readdirSync('/proc/self/task').length
    counts.files = readdirSync('/proc/self/fd').length
  }
  return { heapMb: (heapUsed + external) / MB, counts }
}

/** What there is more of than before. */
function grown(before: Usage, after: Usage): readonly string[] {
  return Object.entries(after.counts)
    .filter(([name, count]) => count > (before.counts[name] ?? 0))
    .map(([name, count]) => `${name}: ${before.counts[name] ?? 0} → ${count}`)
}

test(
  'memory, threads, handles and listeners stay the same over many reloads',
  async () => {
    const gateway = await Gateway.start(configured(0))
    try {
      for (const name of NAMES) await gateway.connections.get(name, { timeout: '20s' })
      let received = 0
      const ends = await Promise.all(
        NAMES.map(async (name) => {
          const subscription = await gateway.pubsub(name).subscribe(`growth-${name}`)
          const consumer = gateway.queue(name).consume(`growth-queue-${name}`)
          const reading = (async () => {
            for await (const _ of subscription) received++
          })()
          const consuming = consumer.each(() => {
            received++
          })
          return async () => {
            await Promise.all([subscription.close(), consumer.close()])
            await Promise.all([reading, consuming])
          }
        }),
      )
      let before: Usage | undefined
      for (let round = 1; round <= ROUNDS; round++) {
        const plan = await gateway.reload(configured(round))
        expect(plan.filter(({ action }) => action !== 'unchanged')).toHaveLength(1)
        for (const name of NAMES) await gateway.pubsub(name).publish(`growth-${name}`, round)
        if (round === WARM_UP) before = usage()
        if (round % 100 === 0) print(round, usage())
      }
      // Threads end, and connections close, some time after the reload.
      await waitFor(() => grown(before!, usage()).length === 0, {
        what: () => `the end of what is left: ${grown(before!, usage()).join(', ')}`,
      })
      await waitFor(() => usage().heapMb - before!.heapMb <= MOST_HEAP_MB, {
        what: () => `memory: ${before!.heapMb.toFixed(1)} → ${usage().heapMb.toFixed(1)} MB`,
        everyMs: 200,
      })
      const after = usage()
      print(ROUNDS, after)
      print(WARM_UP, before!)
      expect(received).toBeGreaterThan(0)
      await Promise.all(ends.map((end) => end()))
    } finally {
      await gateway.shutdown({ timeout: '2s' })
    }
  },
  rounds(60_000, 900_000),
)

/** Shows figures that depend on the machine, in a full campaign. */
function print(round: number, { heapMb, counts }: Usage): void {
  if (!IS_FULL) return
  const rss = (process.memoryUsage.rss() / MB).toFixed(0)
  process.stdout.write(
    `after ${round} reloads: heap ${heapMb.toFixed(2)} MB, resident ${rss} MB, ${JSON.stringify(counts)}\n`,
  )
}
