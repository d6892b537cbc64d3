import mqtt from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { startMosquitto } from '../support/mosquitto.js'
import { waitFor } from '../support/wait-for.js'
import { connected } from './support/kill.js'
import { WorkerProcess } from './support/worker-process.js'

const QUEUE = 'jobs/shared'
const WORK_MS = 5

async function scene() {
  const broker = await startMosquitto()
  onTestFinished(() => broker.stop())
  const integration = {
    type: 'mqtt',
    format: 'json',
    endpoint: { address: broker.url },
    config: { queue_takeover: true },
  } as const
  const gateway = await Gateway.start({ integrations: { tasks: integration } })
  onTestFinished(() => gateway.shutdown({ timeout: 0 }))
  await connected(gateway, 'tasks')
  const queue = gateway.queue('tasks')
  /** Until a consumer has begun, the broker keeps nothing, and `send` says so. */
  const begun = (...workers: WorkerProcess[]) =>
    waitFor(
      async () => {
        await queue.send(QUEUE, -1)
        return workers.every(({ done }) => done.has(-1))
      },
      { what: 'the workers to begin' },
    )
  const sent: number[] = []
  const send = async (count: number) => {
    const from = sent.length
    await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        await queue.send(QUEUE, from + i)
        sent.push(from + i)
      }),
    )
  }
  const allHandled = (...workers: WorkerProcess[]) => {
    const missing = () => sent.filter((n) => !workers.some(({ done }) => done.has(n)))
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
  const startWorker = () => new WorkerProcess(integration, QUEUE, WORK_MS)
  return { startWorker, begun, send, sent, allHandled, tidy }
}

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'of two processes that share a queue one ends by %s: the other handles what it left',
  async (signal) => {
    const { startWorker, begun, send, sent, allHandled, tidy } = await scene()
    const [doomed, survivor] = [startWorker(), startWorker()]
    await begun(doomed, survivor)
    await send(600)
    await waitFor(() => doomed.done.size > 20, { what: 'the doomed one to be at work' })
    await doomed.end(signal)
    expect(doomed.done.size).toBeLessThan(250)
    await send(100)
    await allHandled(doomed, survivor)
    await tidy()
    expect(survivor.done.size).toBeGreaterThan(sent.length / 2)
  },
  60_000,
)

test('what a process left that was alone is handled by the next one', async () => {
  const { startWorker, begun, send, allHandled, tidy } = await scene()
  const first = startWorker()
  await begun(first)
  await send(200)
  await waitFor(() => first.done.size > 20, { what: 'the first one to be at work' })
  await first.end('SIGKILL')
  // The broker still has a member of the group to keep them for.
  await send(100)
  await allHandled(first, startWorker())
  await tidy()
}, 60_000)
