import { describe, expect, test } from 'vitest'
import { RunQueue } from '../../src/client/run-queue.js'
import { systemClock } from '../../src/core/clock.js'
import { ShutdownError } from '../../src/core/errors/lifecycle.js'
import { MessageRun } from '../../src/mailbox/message-run.js'
import { NameReader } from '../../src/mailbox/names.js'
import { Turn } from '../../src/mailbox/turn.js'

const names = new NameReader()
names.learn({ first: 0, added: ['t'] })

function run(first: number, count: number): MessageRun {
  const values = Array.from({ length: count }, (_, i) => first + i)
  return new MessageRun(
    { source: 1, count, topics: 0, payload: { kind: 'values', values }, bytes: count, extras: undefined },
    names,
    1,
  )
}

function queue(budgetMs = 4) {
  const finished: MessageRun[] = []
  const runs = new RunQueue<number>(
    new Turn(systemClock, budgetMs),
    (of, index) => of.value(index, undefined) as number,
    (done) => finished.push(done),
  )
  return { runs, finished }
}

async function takeAll(runs: RunQueue<number>): Promise<number[]> {
  const taken: number[] = []
  for (let next = await runs.next(); !next.done; next = await runs.next()) taken.push(next.value)
  return taken
}

describe('run queue', () => {
  test('hands out in order, to those who waited before and to those who come later', async () => {
    const { runs } = queue()
    const early = [runs.next(), runs.next(), runs.next()]
    runs.push(run(0, 2))
    runs.push(run(2, 98))
    expect((await Promise.all(early)).map(({ value }) => value)).toEqual([0, 1, 2])
    runs.end(undefined)
    expect(await takeAll(runs)).toEqual(Array.from({ length: 97 }, (_, i) => i + 3))
  })

  test('a run is finished when its last message has been consumed: at the next question', async () => {
    const { runs, finished } = queue()
    const one = run(0, 2)
    runs.push(one)
    await runs.next()
    await runs.next()
    expect(finished).toEqual([])
    const waiting = runs.next()
    expect(finished).toEqual([one])
    runs.end(undefined)
    expect(await waiting).toEqual({ value: undefined, done: true })
    await runs.next()
    expect(finished).toEqual([one])
  })

  test('ends with its error once, after what is here, and then quietly', async () => {
    const { runs } = queue()
    runs.push(run(0, 1))
    runs.end(new Error('kicked'))
    expect(await runs.next()).toEqual({ value: 0, done: false })
    await expect(runs.next()).rejects.toThrow('kicked')
    expect(await runs.next()).toEqual({ value: undefined, done: true })
  })

  test('a shutdown is an end in order', async () => {
    const { runs } = queue()
    const waiting = runs.next()
    runs.end(new ShutdownError())
    expect(await waiting).toEqual({ value: undefined, done: true })
  })

  test('what nobody has consumed can be thrown away, and nothing comes after the end', async () => {
    const { runs } = queue()
    runs.push(run(0, 5))
    await runs.next()
    runs.end(undefined, true)
    runs.push(run(5, 5))
    expect(await takeAll(runs)).toEqual([])
  })

  test('an endless supply and an eager consumer do not keep the event loop from turning', async () => {
    const { runs } = queue(2)
    let supplied = 0
    const supply = () => {
      runs.push(run(supplied, 64))
      supplied += 64
    }
    supply()
    let turns = 0
    let consumed = 0
    const turn = () => {
      turns++
      if (turns < 20) setImmediate(turn)
      else runs.end(undefined, true)
    }
    setImmediate(turn)
    // Only the turns of the loop end this: a consumer that held them up would go on until this many.
    for (let next = await runs.next(); !next.done && consumed < 50_000_000; next = await runs.next()) {
      if (next.value !== consumed) throw new Error(`expected ${consumed}, found ${next.value}`)
      consumed++
      if (consumed + 32 > supplied) supply()
    }
    expect(turns).toBe(20)
    expect(consumed).toBeGreaterThan(64)
  })
})
