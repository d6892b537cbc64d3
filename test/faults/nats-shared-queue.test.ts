import { expect, onTestFinished, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { startNatsServer } from '../support/nats-server.js'
import { waitFor } from '../support/wait-for.js'
import { WorkerProcess } from './support/worker-process.js'

const QUEUE = 'work'
const WORK_MS = 5
const TOTAL = 600

test('two processes share a queue, one is killed: every message is handled, those in its hands by the other', async () => {
  const server = await startNatsServer()
  onTestFinished(() => server.stop())
  const integration = { type: 'nats', endpoint: { address: '127.0.0.1', port: server.port } } as const
  const gateway = await Gateway.start({ integrations: { work: integration } })
  onTestFinished(() => gateway.shutdown({ timeout: 0 }))
  const [victim, survivor] = [
    new WorkerProcess(integration, QUEUE, WORK_MS),
    new WorkerProcess(integration, QUEUE, WORK_MS),
  ]
  const sending = Promise.all(Array.from({ length: TOTAL }, (_, n) => gateway.queue('work').send(QUEUE, n)))
  await waitFor(() => victim.done.size > 20 && survivor.done.size > 20, {
    what: 'both processes to work',
    timeoutMs: 20_000,
  })
  await victim.end('SIGKILL')
  await sending
  // It was killed in the middle of the work.
  expect(victim.done.size).toBeLessThan(TOTAL)
  const all = Array.from({ length: TOTAL }, (_, n) => n)
  const missing = () => all.filter((n) => !survivor.done.has(n) && !victim.done.has(n))
  await waitFor(() => missing().length === 0, {
    what: () => `${missing().length} messages to be handled`,
    timeoutMs: 20_000,
  })
  expect(victim.inHand.filter((n) => !survivor.done.has(n))).toEqual([])
  const twice = [...victim.done].filter((n) => survivor.done.has(n))
  expect(twice.length).toBeLessThan(20)
}, 60_000)
