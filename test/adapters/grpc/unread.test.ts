import { Metadata, type sendUnaryData } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { ByteBudget } from '../../../src/core/byte-budget.js'
import { ManualClock } from '../../../src/testing/index.js'
import { operation, until, within } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { connected, Listener } from './harness.js'
import { flood, plainServer, type ServerStream } from './plain-server.js'

const MEGABYTE = Buffer.from(JSON.stringify('x'.repeat(1_000_000)))

test('streams that nobody reads hold one message each, and nothing else of the connection', async () => {
  const STREAMS = 24
  const written: (() => number)[] = []
  const { address } = await plainServer({
    '/a.B/Flood': {
      type: 'serverStream',
      handle(call: ServerStream) {
        call.sendMetadata(new Metadata())
        written.push(flood(call, MEGABYTE))
      },
    },
    '/a.B/Echo': {
      type: 'unary',
      handle: (call: { request: Buffer }, done: sendUnaryData<Buffer>) => done(null, call.request),
    },
  })
  const { rpc, pubsub } = await connected(address)
  const sinks = Array.from({ length: STREAMS }, () => new Listener())
  for (const sink of sinks) {
    sink.room = false
    await pubsub.subscribe('a.B/Flood', { params: {} }, sink, operation())
  }
  await until(() => sinks.every(({ messages }) => messages.length === 1), 'each has its first message')
  // Of calls that are answered now, each gave the floods their turns.
  for (let n = 0; n < 200; n++) expect(await rpc.call('a.B/Echo', n, within())).toBe(n)
  expect(sinks.map(({ messages }) => messages.length)).toEqual(Array(STREAMS).fill(1))
  // One delivered, and of the next what fits into the window of the stream.
  expect(Math.max(...written.map((count) => count()))).toBeLessThanOrEqual(2)
  const reader = new Listener()
  await pubsub.subscribe('a.B/Flood', { params: {} }, reader, operation())
  await until(() => reader.messages.length > 20, 'one that is read goes on')
})

test('a stream is held back before anybody reads it', async () => {
  let count = () => 0
  const { address } = await plainServer({
    // Without headers: they come with the first message.
    '/a.B/Flood': { type: 'serverStream', handle: (call: ServerStream) => (count = flood(call, MEGABYTE)) },
    '/a.B/Echo': {
      type: 'unary',
      handle: (call: { request: Buffer }, done: sendUnaryData<Buffer>) => done(null, call.request),
    },
  })
  const clock = new ManualClock()
  const { rpc, pubsub } = await connected(address, {}, { clock })
  const sink = new Listener()
  await pubsub.subscribe('a.B/Flood', { params: {} }, sink, operation())
  // The subscriber is given its messages on a later turn of the clock, which does not come.
  for (let n = 0; n < 200; n++) expect(await rpc.call('a.B/Echo', n, within())).toBe(n)
  expect(count()).toBeLessThanOrEqual(2)
  expect(sink.messages).toEqual([])
  await clock.turn()
  await until(() => sink.messages.length > 5, 'it goes on when it is read')
})

test('no room and room again within one delivery: it goes on', async () => {
  const { address } = await plainServer({
    '/a.B/Flood': { type: 'serverStream', handle: (call: ServerStream) => flood(call, Buffer.from('1')) },
  })
  const { pubsub } = await connected(address)
  let got = 0
  const subscription = await pubsub.subscribe(
    'a.B/Flood',
    { params: {} },
    {
      deliver() {
        got++
        subscription.resume()
        return false
      },
      lost: () => {},
      end: () => {},
    },
    operation(),
  )
  await until(() => got > 10, 'more than one message')
})

test('a call that gathers more than the actor has memory for is refused, and frees what it held', async () => {
  const { address } = await plainServer({
    '/a.B/List': {
      type: 'serverStream',
      handle(call: ServerStream) {
        for (let n = 0; n < 100; n++) call.write(Buffer.from(JSON.stringify('x'.repeat(1_000))))
        call.end()
      },
    },
  })
  const proto = new URL('../../../../test/adapters/grpc/lists.proto', import.meta.url).pathname
  const budget = new ByteBudget(50_000)
  const { rpc, context } = await connected(address, { config: { proto } }, { budget })
  expect(await failureOf(rpc.call('a.B/List', {}, within()))).toMatchObject({
    kind: 'rpc',
    code: 8,
    fault: 'local',
    retryable: false,
    integration: 'it',
  })
  expect(budget.held).toBe(0)
  expect(context.lost).toEqual([])
})
