import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { memoryAdapter } from '../../../src/adapters/memory/adapter.js'
import { ByteBudget } from '../../../src/core/byte-budget.js'
import { systemClock } from '../../../src/core/clock.js'
import { IncomingAnswers } from '../../../src/core/incoming-answers.js'
import { systemRandom } from '../../../src/core/random.js'
import { bytes, operation, settings } from './harness.js'

/** What the thread is told: its line to the broker, and what to do until it is terminated. */
export interface Orders {
  readonly port: MessagePort
  readonly task: 'consume' | 'consume-and-spin' | 'produce' | 'serve'
}

// A thread that works through the memory adapter and is terminated in the middle of it.
const { port, task } = workerData as Orders
const adapter = memoryAdapter({
  settings: settings(),
  clock: systemClock,
  random: systemRandom,
  log: () => {},
  clientId: 'victim',
  connectionLost: (error) => parentPort!.postMessage({ lost: error.message }),
  budget: new ByteBudget(1e9),
  answers: new IncomingAnswers(new ByteBudget(1e9), systemClock),
  deadLettered: () => {},
  refused: () => {},
  answerBegins: () => {},
  dial: async () => port,
})
await adapter.connect(new AbortController().signal)
const end = () => {}

if (task === 'produce') {
  for (let i = 0; ; i++) {
    await adapter.queue!.enqueue('made', bytes(String(i)), {}, operation())
    parentPort!.postMessage({ acknowledged: String(i) })
  }
} else if (task === 'serve') {
  const deliver = () => {
    parentPort!.postMessage({ asked: true })
    return true
  }
  await adapter.service!.serve('m', { deliver, lost: () => {}, end }, operation())
  parentPort!.postMessage({ ready: true })
} else {
  let count = 0
  const deliver = () => {
    count++
    if (count === 10) parentPort!.postMessage({ inHand: count })
    while (count === 10 && task === 'consume-and-spin');
    return true
  }
  const consumer = await adapter.queue!.consume('jobs', { deliver, lost: () => {}, end }, operation())
  consumer.request(10)
}
