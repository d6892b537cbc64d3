import { serialize } from 'node:v8'
import { describe, expect, test } from 'vitest'
import { column } from '../../src/mailbox/column.js'
import { ReplyWriter } from '../../src/mailbox/replies.js'
import { RequestWriter } from '../../src/mailbox/requests.js'

/** Arrays with holes are written as keys and values, which are other bytes; on Node 20 also those made by their length. */
const isDense = (cells: readonly unknown[]) => serialize(cells).equals(serialize(cells.map((cell) => cell)))

describe('the columns of a batch cross as values alone', () => {
  test('one that is filled', () => {
    const cells = column<number | undefined>(3, undefined)
    cells[1] = 7
    cells.push(9)
    expect(cells).toEqual([undefined, 7, undefined, 9])
    expect(isDense(cells)).toBe(true)
  })

  test('of messages that differ in topic, some with headers', () => {
    const writer = new ReplyWriter()
    const headers = { headers: { a: 'b' } }
    for (const [topic, extras] of [[1], [1], [2, headers], [1]] as const)
      writer.run(7, 'values').add(topic, 'payload', 7, extras)
    const { topics, extras } = writer.take().batch.runs![0]!
    expect([topics, extras]).toEqual([
      [1, 1, 2, 1],
      [undefined, undefined, headers, undefined],
    ])
    expect([isDense(topics as number[]), isDense(extras!)]).toEqual([true, true])
  })

  test('of requests, some with options and a deadline', () => {
    const request = {
      operation: 1,
      verb: 'publish',
      target: 't',
      value: 1,
      options: undefined,
      deadline: 0,
    } as const
    const special = { ...request, options: { qos: 1 }, deadline: 5 } as const
    const { options, deadlines } = new RequestWriter().write(0, [request, special, request]).batch
    expect([options, deadlines]).toEqual([
      [undefined, { qos: 1 }, undefined],
      [0, 5, 0],
    ])
    expect([isDense(options!), isDense(deadlines!)]).toEqual([true, true])
  })
})
