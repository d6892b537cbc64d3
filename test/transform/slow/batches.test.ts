import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/core/clock.js'
import type { Query } from '../../../src/core/settings/transform.js'
import type { Json } from '../../../src/transform/jq/values/json.js'
import { JqBatches, type StartJq } from '../../../src/transform/slow/batches.js'
import type { JqRequest } from '../../../src/transform/slow/protocol.js'

const WORKER = new URL('../../../workers/jq.mjs', import.meta.url)

const workers: Worker[] = []
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()))
})

/** The slow path in its real thread, and what was sent to it. */
function slowPath() {
  const sent: JqRequest[] = []
  const start: StartJq = (receive, ended) => {
    const worker = new Worker(WORKER)
    workers.push(worker)
    worker.on('message', receive)
    worker.on('exit', (code) => ended(new Error(`code ${code}`)))
    return {
      send: (request) => {
        sent.push(request)
        worker.postMessage(request)
      },
      terminate: () => void worker.terminate(),
    }
  }
  return { path: new JqBatches(systemClock, start), sent }
}

function query(text: string, limits: Partial<Query['limits']> = {}): Query {
  return { text, limits: { steps: 1, output: 10_000, depth: 100, timeMs: 20_000, ...limits } }
}

const reasonOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: Error) => error,
  )

describe('the slow path', () => {
  test('gives the results of each input', async () => {
    const { path } = slowPath()
    expect(await path.run(query('.[] | tgamma'), [[5, 4], []])).toEqual([[24, 6], []])
    expect(await path.run(query('.'), [])).toEqual([])
  })

  test('sends waiting inputs of one query together, up to 64 KB', async () => {
    const { path, sent } = slowPath()
    const same = query('length')
    const text = 'x'.repeat(10_000)
    const all = Array.from({ length: 20 }, () => path.run(same, [text]))
    const other = path.run(query('1'), [null])
    expect(await Promise.all(all)).toEqual(all.map(() => [[10_000]]))
    expect(await other).toEqual([[1]])
    expect(sent.length).toBe(5)
    for (const { inputs } of sent) expect(inputs.length).toBeLessThanOrEqual(65 * 1024)
  })

  test.each([
    ['error("no")', 'JqError', 'no'],
    ['halt', 'JqError', 'halt is not available'],
    ['input', 'JqError', 'break'],
    ['repeat(.)', 'JqLimitError', 'the results are larger than 10000 characters'],
    ['"x" * 20000', 'JqLimitError', 'the results are larger than 10000 characters'],
    ['reduce range(200) as $i (1; [.])', 'JqLimitError', 'a result is nested too deeply'],
  ])('%s fails with its reason', async (text, name, message) => {
    const { path } = slowPath()
    const error = await reasonOf(path.run(query(text), [1]))
    expect([error?.name, error?.message]).toEqual([name, message])
  })

  test('shows nothing of its surroundings', async () => {
    const { path } = slowPath()
    expect(await path.run(query('env, $ENV, (input_filename)'), [1])).toEqual([[{}, {}, null]])
  })

  test('ends an endless query with a typed error, and runs the other inputs of its batch', async () => {
    const { path } = slowPath()
    const some = query('if . == 2 then last(repeat(1)) else . end', { timeMs: 1_500 })
    const outcomes = await Promise.allSettled([1, 2, 3].map((input) => path.run(some, [input])))
    const [first, second, third] = outcomes
    expect([first, third]).toEqual([
      { status: 'fulfilled', value: [[1]] },
      { status: 'fulfilled', value: [[3]] },
    ])
    expect((second as PromiseRejectedResult).reason).toMatchObject({ name: 'JqLimitError', limit: 'time' })
  }, 60_000)

  test('goes on after its thread has died', async () => {
    const { path } = slowPath()
    expect(await path.run(query('.'), [1])).toEqual([[1]])
    await workers[0]!.terminate()
    expect(await path.run(query('.'), [2])).toEqual([[2]])
  })

  test('goes on after jq has used up its memory', async () => {
    const { path } = slowPath()
    const big: Json = 'x'.repeat(1_000)
    const error = await reasonOf(path.run(query('[range(1e7) | tostring] | length'), [big]))
    expect(error).toBeInstanceOf(Error)
    expect(await path.run(query('length'), [big])).toEqual([[1_000]])
  }, 60_000)

  test('fails if its thread cannot start', async () => {
    const path = new JqBatches(systemClock, () => {
      throw new Error('the file is missing')
    })
    const all = await Promise.all([1, 2].map((input) => reasonOf(path.run(query('.'), [input]))))
    expect(all.map((error) => error?.message)).toEqual(['the file is missing', 'the file is missing'])
  })
})
