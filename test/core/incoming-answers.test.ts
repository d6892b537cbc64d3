import { expect, test } from 'vitest'
import { ByteBudget } from '../../src/core/byte-budget.js'
import { systemClock } from '../../src/core/clock.js'
import { IncomingAnswers } from '../../src/core/incoming-answers.js'
import { ManualClock } from '../../src/testing/index.js'

const turn = () => new Promise<void>((resolve) => void systemClock.nextTurn(resolve))

/** A source of an answer that sends a piece in each turn in which it is read. */
class Source {
  isPaused = false
  pause(): void {
    this.isPaused = true
  }
  resume(): void {
    this.isPaused = false
  }
}

test('answers that fill the budget together arrive one after the other', async () => {
  const budget = new ByteBudget(1_000)
  const incoming = new IncomingAnswers(budget, systemClock)
  const order: number[] = []
  let most = 0
  const receive = async (n: number) => {
    const source = new Source()
    const answer = incoming.begin(source)
    for (let bytes = 100; bytes <= 800; ) {
      await turn()
      if (source.isPaused) continue
      answer.set(bytes)
      bytes += 100
      most = Math.max(most, budget.held)
    }
    order.push(n)
    answer.end()
  }
  await Promise.all(Array.from({ length: 10 }, (_, n) => receive(n)))
  expect(order).toHaveLength(10)
  expect(order[0]).toBe(0)
  // The budget, one answer, and a piece of each of the others.
  expect(most).toBeLessThanOrEqual(1_000 + 800 + 10 * 100)
  expect(budget.held).toBe(0)
})

test('the first answer is read although others fill the budget', async () => {
  const budget = new ByteBudget(1_000)
  budget.take(1_000)
  const incoming = new IncomingAnswers(budget, systemClock)
  const sources = [new Source(), new Source(), new Source()]
  const answers = sources.map((source) => incoming.begin(source))
  for (const answer of answers) answer.set(10)
  expect(sources.map(({ isPaused }) => isPaused)).toEqual([false, true, true])
  answers[0]!.received()
  await turn()
  expect(sources.map(({ isPaused }) => isPaused)).toEqual([false, false, true])
  answers[1]!.end()
  await turn()
  expect(sources.map(({ isPaused }) => isPaused)).toEqual([false, false, false])
  answers[0]!.end()
  answers[0]!.end()
  answers[2]!.end()
  answers[2]!.set(500)
  expect(budget.held).toBe(1_000)
})

/** The host, which takes what waits for it when a test says so. */
function host(bytes: number) {
  const budget = new ByteBudget(bytes)
  const waiting: number[] = []
  let collects = 0
  const answers: IncomingAnswers = new IncomingAnswers(budget, systemClock, {
    collect: () => void collects++,
  })
  return {
    budget,
    answers,
    collects: () => collects,
    waits(bytes: number) {
      waiting.push(bytes)
      answers.waits(bytes)
    },
    async takes() {
      answers.taken(waiting.shift()!)
      await turn()
    },
  }
}

test('while answers that fill the budget wait for the host, not even the first one is read', async () => {
  const { answers, budget, waits, takes, collects } = host(1_000)
  waits(600)
  waits(600)
  const [first, second] = [new Source(), new Source()]
  const open = [first, second].map((source) => answers.begin(source))
  for (const answer of open) answer.set(10)
  expect([first.isPaused, second.isPaused]).toEqual([true, true])
  expect(collects()).toBeGreaterThan(0)
  await takes()
  expect([first.isPaused, second.isPaused]).toEqual([false, false])
  await takes()
  for (const answer of open) answer.end()
  expect(budget.held).toBe(0)
})

test('what others hold never stops the first answer once the host has taken all', async () => {
  const { answers, budget, waits, takes } = host(1_000)
  budget.take(1_000)
  waits(10)
  const source = new Source()
  answers.begin(source).set(10)
  expect(source.isPaused).toBe(true)
  await takes()
  expect(source.isPaused).toBe(false)
})

test('a connection is paused while the budget is full and answers wait for the host, and only then', async () => {
  const { answers, budget, waits, takes } = host(1_000)
  const connection = new Source()
  const detach = answers.attach(connection)
  budget.take(1_000)
  expect(answers.room()).toBeUndefined()
  waits(10)
  expect(connection.isPaused).toBe(true)
  let hasRoom = false
  void answers.room()!.then(() => {
    hasRoom = true
  })
  await turn()
  expect(hasRoom).toBe(false)
  // It may have read on for the sake of its server: the next answer pauses it again.
  connection.isPaused = false
  waits(10)
  expect(connection.isPaused).toBe(true)
  await takes()
  expect(connection.isPaused).toBe(true)
  await takes()
  expect(connection.isPaused).toBe(false)
  await turn()
  expect(hasRoom).toBe(true)
  detach()
  waits(10)
  expect(connection.isPaused).toBe(false)
})

test('a connection reads on when others release memory', async () => {
  const { answers, budget, waits } = host(1_000)
  const connection = new Source()
  answers.attach(connection)
  waits(100)
  budget.take(900)
  waits(1)
  expect(connection.isPaused).toBe(true)
  budget.give(900)
  await turn()
  expect(connection.isPaused).toBe(false)
})

test('a source that takes over while its answer is held is paused', async () => {
  const budget = new ByteBudget(100)
  const incoming = new IncomingAnswers(budget, systemClock)
  const first = incoming.begin()
  first.set(100)
  const answer = incoming.begin()
  answer.set(1)
  const source = new Source()
  answer.readFrom(source)
  expect(source.isPaused).toBe(true)
  first.end()
  await turn()
  expect(source.isPaused).toBe(false)
  answer.end()
})

test('large answers get a turn each, small ones need none', async () => {
  const clock = new ManualClock()
  const incoming = new IncomingAnswers(new ByteBudget(1e9), clock)
  expect(incoming.turnOf(1_000)).toBeUndefined()
  const done: number[] = []
  for (const n of [1, 2]) void incoming.turnOf(1_000_000)!.then(() => done.push(n))
  await turn()
  expect(done).toEqual([])
  await clock.turn()
  await turn()
  expect(done).toEqual([1])
  await clock.turn()
  await turn()
  expect(done).toEqual([1, 2])
})
