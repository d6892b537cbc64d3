import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, test } from 'vitest'
import { interruptThread } from '../../src/supervisor/thread-interrupt.js'

const BUSY = 0
const EXIT_LISTENERS = 1

/** Writes to shared memory that it runs `body`, and that its exit listeners have run. */
const CODE = (body: string) => `
  const { workerData, parentPort } = require('node:worker_threads')
  const { seen } = workerData
  process.on('exit', () => Atomics.add(seen, ${EXIT_LISTENERS}, 1))
  parentPort.on('message', () => {
    Atomics.store(seen, ${BUSY}, 1);
    ${body}
  })
  parentPort.postMessage('loaded')`

const workers: Worker[] = []
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()))
})

async function thread(body: string) {
  const [seen, left] = [new Int32Array(new SharedArrayBuffer(8)), new Int32Array(new SharedArrayBuffer(4))]
  const worker = new Worker(CODE(body), { eval: true, workerData: { seen, left } })
  workers.push(worker)
  await once(worker, 'message')
  worker.postMessage('go')
  while (Atomics.load(seen, BUSY) === 0) await new Promise((resolve) => setImmediate(resolve))
  return { worker, left, listenersRun: () => Atomics.load(seen, EXIT_LISTENERS) }
}

const never = new AbortController().signal

describe('an interruption runs the exit listeners of a thread', () => {
  test.each([
    ['that spins', 'for (;;);'],
    ['that waits for shared memory', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'],
    ['in a catastrophic regular expression', `/^(a+)+$/.test('a'.repeat(60) + 'b')`],
    ['in a native call, when the call returns', `require('node:child_process').execFileSync('sleep', ['1'])`],
    ['that is idle', ''],
  ])('%s', async (_, body) => {
    const [neighbour, { worker, listenersRun }] = [await thread(''), await thread(body)]
    await interruptThread(worker.threadId, true, never)
    expect([listenersRun(), neighbour.listenersRun()]).toEqual([1, 0])
  })
})

test('an interruption is certain at once, and the thread tells in shared memory that its listeners have run', async () => {
  const { worker, left } = await thread('for (;;);')
  let isCertain = false
  interruptThread(worker.threadId, true, never, () => {
    isCertain = true
  })
  expect([isCertain, Atomics.wait(left, 0, 0)]).toEqual([true, 'ok'])
})

test('an interruption fails if there is no such thread', async () => {
  const { worker } = await thread('')
  await expect(interruptThread(worker.threadId + 1_000, true, never)).rejects.toThrow(/does not know thread/)
})

test('an interruption fails if the thread has ended', async () => {
  const { worker, listenersRun } = await thread('')
  const ended = AbortSignal.abort(new Error('it has ended'))
  await expect(interruptThread(worker.threadId, true, ended)).rejects.toThrow('it has ended')
  expect(listenersRun()).toBe(0)
})
