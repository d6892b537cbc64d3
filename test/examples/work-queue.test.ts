import { afterEach, describe, expect, test } from 'vitest'
import { startNatsServer } from '../support/nats-server.js'
import type { OwnServer } from '../support/own-server.js'
import type { Running } from '../support/program.js'
import { startRedis } from '../support/redis-server.js'
import { waitFor } from '../support/wait-for.js'
import { Programs, terminate } from './support.js'

const programs = new Programs()
let broker: OwnServer | undefined
afterEach(async () => {
  await programs.kill()
  await broker?.stop()
})

const JOBS = 200
const DELAY_MS = 2_000
const ids = Array.from({ length: JOBS }, (_, n) => n + 1)
const broken = ids.filter((id) => id % 20 === 15)
const possible = ids.filter((id) => !broken.includes(id))

interface Done {
  readonly id: number
  readonly kind: string
  readonly attempt: number
  readonly afterMs: number
}

/** What the workers say they did. */
function doneBy(workers: readonly Running[]): readonly Done[] {
  const lines = workers.flatMap(({ stdout }) => [
    ...stdout.matchAll(/job (\d+) done: (\w+), attempt (\d+), (\d+) ms/gu),
  ])
  return lines.map(([, id, kind, attempt, ms]) => ({
    id: Number(id),
    kind: kind!,
    attempt: Number(attempt),
    afterMs: Number(ms),
  }))
}

function deadIn(producer: Running): number[] {
  return [...producer.stdout.matchAll(/job (\d+) is a dead letter: nobody can do this job$/gmu)].map(
    ([, id]) => Number(id),
  )
}

/** Servers of NATS before 2.10.22 may send a message twice to a consumer that closes: see docs/delivery.md. */
function maySendTwice({ log }: OwnServer): boolean {
  const [, ...version] = log.match(/Version: +(\d+)\.(\d+)\.(\d+)/u) ?? []
  const [major = 2, minor = 99, patch = 0] = version.map(Number)
  return major === 2 && (minor < 10 || (minor === 10 && patch < 22))
}

describe.each([
  ['redis', 'redis.hcl', startRedis, (port: number) => ({ REDIS: `redis://127.0.0.1:${port}` })],
  ['nats', 'nats.hcl', startNatsServer, (port: number) => ({ NATS: `nats://127.0.0.1:${port}` })],
])('over %s', (_, config, startBroker, envOf) => {
  test('a rolling restart of the workers loses no job and does none twice', async () => {
    broker = await startBroker()
    const env = { ...envOf(broker.port), JOBS: String(JOBS) }
    const workers: Running[] = []
    const startWorker = () => {
      const worker = programs.run('work-queue', config, 'worker.mjs', env)
      workers.push(worker)
      return worker
    }
    const [first, second] = [startWorker(), startWorker()]
    const producer = programs.run('work-queue', config, 'producer.mjs', env)

    for (const old of [first, second]) {
      await old.seen(/(job \d+ done.*\n(.*\n)*){3}/u)
      expect(await terminate(old)).toBe(0)
      await startWorker().seen(/job \d+ done/u)
    }

    await waitFor(
      () =>
        new Set(doneBy(workers).map(({ id }) => id)).size === possible.length &&
        deadIn(producer).length >= broken.length,
      { what: () => `all jobs: ${doneBy(workers).length} done, dead ${deadIn(producer)}` },
    )
    for (const program of [producer, ...workers.slice(2)]) expect(await terminate(program)).toBe(0)

    const done = doneBy(workers)
    const doneIds = done.map(({ id }) => id).sort((a, b) => a - b)
    expect(maySendTwice(broker) ? [...new Set(doneIds)] : doneIds).toEqual(possible)
    expect([...new Set(deadIn(producer))].sort((a, b) => a - b)).toEqual(broken)
    for (const { kind, attempt, afterMs } of done) {
      if (kind === 'flaky') expect(attempt).toBeGreaterThanOrEqual(3)
      if (kind === 'later') expect(afterMs).toBeGreaterThanOrEqual(DELAY_MS)
    }
  })
})
