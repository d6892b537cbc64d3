import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { startRedis } from '../support/redis-server.js'
import { waitFor } from '../support/wait-for.js'
import { WorkerProcess } from './support/worker-process.js'

const COUNT = 400
const WORK_MS = 20

test('two processes share a queue; one is killed, and what it had in hand moves over', async () => {
  await using server = await startRedis()
  const client = new Redis({ port: server.port })
  onTestFinished(() => client.disconnect())
  const integration = {
    type: 'redis',
    endpoint: { address: `127.0.0.1:${server.port}` },
    config: { claim_after: '1s', block: '100ms' },
  }
  const [victim, survivor] = [
    new WorkerProcess(integration, 'jobs', WORK_MS),
    new WorkerProcess(integration, 'jobs', WORK_MS),
  ]
  await client.xgroup('CREATE', 'jobs', 'nemo-workers', '0', 'MKSTREAM').catch(() => {})
  for (let n = 0; n < COUNT; n++) await client.xadd('jobs', '*', 'payload', String(n))

  await waitFor(() => victim.done.size >= 10 && survivor.done.size >= 10 && victim.inHand.length > 0, {
    what: () => `both to work: ${victim.done.size}, ${survivor.done.size}`,
    timeoutMs: 20_000,
  })
  await victim.end('SIGKILL')
  // It was killed in the middle of the work, mostly with a message in hand.
  expect(victim.done.size).toBeLessThan(COUNT)

  await waitFor(() => new Set([...victim.done, ...survivor.done]).size === COUNT, {
    what: () => `all to be handled; ${victim.done.size} and ${survivor.done.size} of ${COUNT} are`,
    timeoutMs: 20_000,
  })
  expect(victim.inHand.filter((n) => !survivor.done.has(n))).toEqual([])
  await expect.poll(async () => ((await client.xpending('jobs', 'nemo-workers')) as unknown[])[0]).toBe(0)
}, 60_000)
