import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { IS_FULL } from '../support/rounds.js'
import { waitFor } from '../support/wait-for.js'
import { mqttProtocol } from './protocols/mqtt.js'
import { natsProtocol } from './protocols/nats.js'
import type { Protocol } from './protocols/protocol.js'
import { redisProtocol } from './protocols/redis.js'
import { sleep } from './random.js'
import { RESTARTS, type Restart, WorkerProcess } from './worker-process.js'

const WORKERS = 3
const MESSAGES = 300
const BURST = 10
const BURST_PAUSE_MS = 80
const WORK_MS = 20
/** What a dead worker had in hand is back after so long; nothing may need it where workers end in order. */
const BACK_AFTER = { 'shutdown()': '2m', 'SIGTERM of run --app': '2m', SIGKILL: '1s' } as const
const PATIENCE_MS = 40_000

/** What one process cannot show: the memory broker lives in the process of its gateway. */
const PROTOCOLS: readonly (readonly [string, () => Promise<Protocol>, (back: string) => object])[] = [
  ['redis', redisProtocol, (back) => ({ claim_after: back, block: '100ms' })],
  ['nats', natsProtocol, (back) => ({ consumer: { ack_wait: back } })],
  ['mqtt', mqttProtocol, () => ({ clean_session: false })],
]

/** All pairs; a short campaign ends the workers of each protocol in another way. */
const CASES = PROTOCOLS.flatMap(([name, start, config], protocol) =>
  RESTARTS.filter((_, way) => IS_FULL || way === protocol % RESTARTS.length).map(
    (restart) => [name, restart, start, config] as const,
  ),
)

describe('a rolling restart of three workers under load', () => {
  test.each(CASES)(
    '%s, by %s: every job is done, none twice by an orderly end',
    async (name, restart, start, config) => {
      const protocol = await start()
      onTestFinished(() => protocol.stop())
      const folder = await mkdtemp(join(tmpdir(), 'nemo-rolling-'))
      onTestFinished(() => rm(folder, { recursive: true, force: true }))
      const queue = `rolling-${name}`
      const [got, done] = [new Map<number, number>(), new Map<number, number>()]
      const heard = (what: string, n: number) => {
        const counts = what === 'got' ? got : done
        counts.set(n, (counts.get(n) ?? 0) + 1)
      }
      const startWorker = async (number: number) => {
        const { integration } = protocol
        const own = name === 'mqtt' ? { client_id: `worker-${number}` } : {}
        const settings = { ...integration, config: { ...config(BACK_AFTER[restart]), ...own } }
        const worker = await WorkerProcess.start({
          integration: settings,
          queue,
          workMs: WORK_MS,
          restart,
          folder,
          heard,
        })
        onTestFinished(() => worker.kill())
        return worker
      }
      await protocol.open(queue, `${queue}-dead`)
      const workers = await Promise.all(Array.from({ length: WORKERS }, (_, number) => startWorker(number)))
      await begun(protocol, queue, done)

      const restarts = [1, 2, 3].map((quarter) => Math.floor((quarter * MESSAGES) / 4))
      const restarting: Promise<void>[] = []
      for (let n = 1; n <= MESSAGES; n += BURST) {
        await Promise.all(Array.from({ length: BURST }, (_, i) => protocol.produce(queue, n + i)))
        await sleep(BURST_PAUSE_MS)
        const at = restarts.findIndex((each) => each < n + BURST && each >= n)
        if (at >= 0) {
          await Promise.all(restarting)
          restarting.push(replace(workers, at, restart, () => startWorker(at)))
        }
      }
      await Promise.all(restarting)
      const missing = () => Array.from({ length: MESSAGES }, (_, i) => i + 1).filter((n) => !done.has(n))
      await waitFor(() => missing().length === 0, {
        timeoutMs: PATIENCE_MS,
        what: () => `${missing().length} of ${MESSAGES} jobs to be done: ${missing().slice(0, 10)}`,
      })
      if (restart === 'SIGKILL') return
      const twice = [...got].filter(([n, runs]) => n > 0 && runs > 1)
      expect(twice, 'jobs that ran twice, with their runs').toEqual([])
    },
    180_000,
  )
})

/** A broker may keep nothing until the group has a member: number 0 is sent until it is done. */
async function begun(protocol: Protocol, queue: string, done: ReadonlyMap<number, number>): Promise<void> {
  await waitFor(
    async () => {
      if (done.has(0)) return true
      await protocol.produce(queue, 0)
      return false
    },
    { timeoutMs: PATIENCE_MS, everyMs: 300, what: 'the workers to begin' },
  )
}

async function replace(
  workers: WorkerProcess[],
  at: number,
  restart: Restart,
  start: () => Promise<WorkerProcess>,
): Promise<void> {
  const code = await workers[at]!.end(restart)
  if (restart !== 'SIGKILL') expect(code, 'the exit code of a worker that ends in order').toBe(0)
  workers[at] = await start()
}
