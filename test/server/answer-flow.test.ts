import { expect, test } from 'vitest'
import { AnswerFlow } from '../../src/server/answer-flow.js'

const large = 'x'.repeat(100)

test('handlers start while answers of the expected size fit half of what others leave free', () => {
  const flow = new AnswerFlow(1_000)
  const [pages, other] = [flow.method(), flow.method()]
  const first = pages.begin()
  const open = [pages.answered(first, large)]
  while (pages.hasRoom) open.push(pages.answered(pages.begin(), large))
  expect(open).toHaveLength(5)
  expect(other.hasRoom).toBe(true)
  const started: number[] = []
  for (const n of [1, 2]) pages.whenRoom(() => void started.push(pages.begin() && n))
  expect(started).toEqual([])
  pages.end(open.pop()!)
  expect(started).toEqual([1])
  pages.end(open.pop()!)
  expect(started).toEqual([1, 2])
})

test('small answers after large ones let more handlers start again', () => {
  const pages = new AnswerFlow(1_000).method()
  pages.end(pages.answered(pages.begin(), large))
  for (let i = 0; i < 30; i++) pages.end(pages.answered(pages.begin(), 1))
  for (let i = 0; i < 20; i++) pages.begin()
  expect(pages.hasRoom).toBe(true)
})

test('a method without answers on their way always starts one, however large', () => {
  const flow = new AnswerFlow(10)
  const [first, second] = [flow.method(), flow.method()]
  first.answered(first.begin(), large)
  expect([first.hasRoom, second.hasRoom]).toEqual([false, true])
})

test('answers of a method cross in order, and wait for earlier ones to be settled', async () => {
  const flow = new AnswerFlow(402).method()
  const order: string[] = []
  expect([flow.cross(100), flow.cross(100)]).toEqual([undefined, undefined])
  const third = flow.cross(100)!.then(() => order.push('third'))
  const small = flow.cross(1)!.then(() => order.push('small'))
  flow.crossed(100)
  await Promise.all([third, small])
  expect(order).toEqual(['third', 'small'])
})

test('answers of a method that nobody settles do not stop those of another', async () => {
  const flow = new AnswerFlow(400)
  const [unread, other] = [flow.method(), flow.method()]
  while (unread.cross(50) === undefined);
  expect(other.cross(50)).toBeUndefined()
})
