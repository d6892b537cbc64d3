import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../../src/core/clock.js'
import type { IntegrationError } from '../../../src/core/errors/integration-error.js'
import { RpcError } from '../../../src/core/errors/rpc.js'
import { Gateway } from '../../../src/gateway.js'
import { operation, within } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { connected, never, served } from './harness.js'

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

test('callers whose time was short do not shut others out, and a server that is too slow does', async () => {
  const { address } = await served({ 'a.B/Slow': () => new Promise(() => {}), 'a.B/Quick': () => 1 })
  const gateway = await Gateway.start({
    integrations: {
      it: {
        type: 'grpc',
        format: 'json',
        endpoint: { address },
        timeout: '300ms',
        circuit_breaker: { failure_threshold: 3, timeout: '60s' },
      },
    },
  } as Parameters<typeof Gateway.start>[0])
  onTestFinished(() => gateway.shutdown({ timeout: 0 }))
  const rpc = gateway.rpc('it')
  const slow = (options?: { timeout: number }) =>
    rpc.call('a.B/Slow', null, options).then(
      () => 'answered',
      (error: IntegrationError) => error.kind,
    )
  // On a busy machine, the connection may take longer than the time-out of a call.
  const quick = () => rpc.call('a.B/Quick', null, { timeout: '30s' })
  await quick()
  for (let n = 0; n < 6; n++) expect(await slow({ timeout: 30 })).toBe('timeout')
  expect(await quick()).toBe(1)
  for (let n = 0; n < 3; n++) expect(await slow()).toBe('timeout')
  expect(await slow()).toBe('circuit-open')
})
