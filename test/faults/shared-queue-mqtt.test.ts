import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import mqtt from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { startMosquitto } from '../support/mosquitto.js'
import { waitFor } from '../support/wait-for.js'
import { connected } from './support/kill.js'
import { Numbers } from './support/numbers.js'

const WORKER = new URL('../fixtures/queue-worker.js', import.meta.url).pathname
const QUEUE = 'jobs/shared'

interface Worker {
  readonly child: ChildProcess
  readonly handled: Numbers
}

/** A process of its own that consumes the queue. */
function startWorker(config: object): Worker {
  const child = spawn(process.execPath, [WORKER, JSON.stringify(config), 'tasks', QUEUE, '5'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const handled = new Numbers()
  createInterface({ input: child.stdout! }).on('line', (line) => handled.add(Number(line.split(' ')[0])))
  return { child, handled }
}

async function end({ child }: Worker, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

async function scene() {
  const broker = await startMosquitto()
  onTestFinished(() => broker.stop())
  const config = {
    integrations: { tasks: { type: 'mqtt', format: 'json', endpoint: { address: broker.url } } },
  }
  const gateway = await Gateway.start(config)
  onTestFinished(() => gateway.shutdown({ timeout: 0 }))
  await connected(gateway, 'tasks')
  const queue = gateway.queue('tasks')
  /** Until a consumer has begun, the broker keeps nothing, and `send` says so. */
  const begun = (...workers: Worker[]) =>
    waitFor(
      async () => {
        await queue.send(QUEUE, { n: -1 })
        return workers.every(({ handled }) => handled.has(-1))
      },
      { what: 'the workers to begin' },
    )
  const sent: number[] = []
  const send = async (count: number) => {
    const from = sent.length
    await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        await queue.send(QUEUE, { n: from + i })
        sent.push(from + i)
      }),
    )
  }
  const allHandled = (...workers: Worker[]) => {
    const missing = () => sent.filter((n) => !workers.some(({ handled }) => handled.has(n)))
    return waitFor(() => missing().length === 0, {
      timeoutMs: 20_000,
      what: () => `${missing().length} of ${sent.length} messages to be handled: ${missing().slice(0, 5)}`,
    })
  }
  // A client of another make sees what the members say of each other.
  const marks = new Map<string, string>()
  const witness = await mqtt.connectAsync(broker.url, { protocolVersion: 5, reconnectPeriod: 0 })
  onTestFinished(() => void witness.end(true))
  witness.on('message', (topic, payload) => marks.set(topic, payload.toString()))
  await witness.subscribeAsync('nemo/orphans/#', { qos: 1 })
  /** Nothing is left of those who are gone. */
  const tidy = () =>
    waitFor(() => marks.size >= 1 && [...marks.values()].every((mark) => mark === ''), {
      what: () => `the orphaned sessions to be ended: ${JSON.stringify([...marks])}`,
    })
  return { config, begun, send, sent, allHandled, tidy }
}

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'of two processes that share a queue one ends by %s: the other handles what it left',
  async (signal) => {
    const { config, begun, send, sent, allHandled, tidy } = await scene()
    const [doomed, survivor] = [startWorker(config), startWorker(config)]
    await begun(doomed, survivor)
    await send(600)
    await waitFor(() => doomed.handled.size > 20, { what: 'the doomed one to be at work' })
    await end(doomed, signal)
    expect(doomed.handled.size).toBeLessThan(250)
    await send(100)
    await allHandled(doomed, survivor)
    await tidy()
    expect(survivor.handled.size).toBeGreaterThan(sent.length / 2)
  },
  60_000,
)

test('what a process left that was alone is handled by the next one', async () => {
  const { config, begun, send, allHandled, tidy } = await scene()
  const first = startWorker(config)
  await begun(first)
  await send(200)
  await waitFor(() => first.handled.size > 20, { what: 'the first one to be at work' })
  await end(first, 'SIGKILL')
  // The broker still has a member of the group to keep them for.
  await send(100)
  await allHandled(first, startWorker(config))
  await tidy()
}, 60_000)
