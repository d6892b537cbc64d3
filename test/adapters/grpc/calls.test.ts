import { expect, test } from 'vitest'
import { systemClock } from '../../../src/core/clock.js'
import { RpcError } from '../../../src/core/errors.js'
import { operation, within } from '../../support/adapter-context.js'
import { connected, failureOf, never, served } from './harness.js'

test('a call is answered with its result', async () => {
  const { address } = await served({ 'shop.Orders/Get': ({ params }) => ({ got: params ?? null }) })
  const { rpc, adapter } = await connected(address)
  expect(await rpc.call('shop.Orders/Get', { id: 7 }, within())).toEqual({ got: { id: 7 } })
  expect(await rpc.call('/shop.Orders/Get', undefined, within())).toEqual({ got: null })
  await rpc.notify('shop.Orders.Get', [1], within())
  await adapter.ping!(never())
})

test('an answer is announced once, however the call ends', async () => {
  const { address } = await served({
    'a.B/Get': () => 1,
    'a.B/Refuse': () => {
      throw new RpcError(5, 'no')
    },
  })
  const { rpc, context } = await connected(address)
  expect(context.answersBegun).toBe(0)
  await rpc.call('a.B/Get', 1, within())
  expect(context.answersBegun).toBe(1)
  await failureOf(rpc.call('a.B/Refuse', 1, within()))
  expect(context.answersBegun).toBe(2)
})

test('errors', async () => {
  const { address } = await served({
    'a.B/Standard': () => {
      throw new RpcError(5, 'no such ördér', { id: 1 })
    },
    'a.B/Own': () => {
      throw new RpcError(-32_042, 'refused: ü', { because: [1] })
    },
    'a.B/Slow': () => new Promise(() => {}),
  })
  const { rpc } = await connected(address)
  expect(await failureOf(rpc.call('a.B/Standard', 1, within()))).toMatchObject({
    kind: 'rpc',
    code: 5,
    message: 'no such ördér',
    data: { id: 1 },
    integration: 'it',
  })
  expect(await failureOf(rpc.call('a.B/Own', 1, within()))).toMatchObject({
    code: -32_042,
    message: 'refused: ü',
    data: { because: [1] },
  })
  expect(await failureOf(rpc.call('a.B/Nobody', 1, operation()))).toMatchObject({ kind: 'rpc', code: 12 })
  expect(
    await failureOf(rpc.call('a.B/Slow', 1, { ...operation(), deadline: systemClock.monotonic() + 50 })),
  ).toMatchObject({
    kind: 'timeout',
    operation: 'call a.B/Slow',
  })
})
