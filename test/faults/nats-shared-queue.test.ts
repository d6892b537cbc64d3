import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { startNatsServer } from '../support/nats-server.js'
import { waitFor } from '../support/wait-for.js'
import { Numbers } from './support/numbers.js'

const WORKER = fileURLToPath(new URL('../fixtures/nats-worker.js', import.meta.url))
const TOTAL = 600

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A process that works on the queue, and what it says it has handled. */
function startWorker(port: number): { child: ChildProcess; handled: Numbers } {
  const child = spawn(process.execPath, [WORKER, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] })
  cleanups.push(() => child.kill('SIGKILL'))
  const handled = new Numbers()
  let rest = ''
  child.stdout!.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop()!
    for (const line of lines)
      if (line.startsWith('handled ')) handled.add(Number(line.slice('handled '.length)))
  })
  return { child, handled }
}

test('two processes share a queue, one is killed: every message is handled, those in its hands by the other', async () => {
  const server = await startNatsServer()
  cleanups.push(() => server.stop())
  const gateway = await Gateway.start({
    integrations: { work: { type: 'nats', endpoint: { address: '127.0.0.1', port: server.port } } },
  })
  cleanups.push(() => gateway.shutdown({ timeout: 0 }))
  const [victim, survivor] = [startWorker(server.port), startWorker(server.port)]
  const sending = Promise.all(Array.from({ length: TOTAL }, (_, n) => gateway.queue('work').send('work', n)))
  await waitFor(() => victim.handled.size > 20 && survivor.handled.size > 20, {
    what: 'both processes to work',
    timeoutMs: 20_000,
  })
  victim.child.kill('SIGKILL')
  await sending
  const all = Array.from({ length: TOTAL }, (_, n) => n)
  const missing = () => survivor.handled.missing(all).filter((n) => !victim.handled.has(n))
  await waitFor(() => missing().length === 0, {
    what: () => `${missing().length} messages to be handled`,
    timeoutMs: 20_000,
  })
  // It was killed in the middle of the work, and the work was shared before.
  expect(victim.handled.size).toBeLessThan(TOTAL)
  const twice = [...victim.handled].filter((n) => survivor.handled.has(n))
  expect(twice.length).toBeLessThan(20)
}, 60_000)
