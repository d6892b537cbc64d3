import { expect, test } from 'vitest'
import type { Attempt } from '../../../../src/core/adapter/attempt.js'
import type { RpcFacet } from '../../../../src/core/adapter/rpc-facet.js'
import { operation, until } from '../../../support/adapter-context.js'
import { failureOf } from '../../../support/failure-of.js'
import { connected } from '../harness.js'
import { notification, type Request, replyTo, service } from './harness.js'

const LIMITS = { memory: 1e9, frame: 4096 }
const as = (operationId: string): Attempt => ({ ...operation(), operationId })

test('an answer beyond the limit closes with 1009 and ends the only call under way for good', async () => {
  const server = await service((text, { socket }) =>
    socket.send(JSON.stringify(replyTo({ ...(JSON.parse(text) as Request), params: 'x'.repeat(5000) }))),
  )
  const { rpc, context } = await connected(server.url, { limits: LIMITS })
  const codes: number[] = []
  server.peers[0]!.socket.on('close', (code) => codes.push(code))
  expect(await failureOf(rpc.call('a', undefined, as('1')))).toMatchObject({
    kind: 'serialize',
    retryable: false,
    reason: 'the server sent a message that exceeds the limit of 4096 bytes',
  })
  await until(() => codes.length === 1 && context.lost.length === 1, 'the close')
  expect(codes).toEqual([1009])
})

test('one among others is made again once, then it ends for good', async () => {
  let requests = 0
  const server = await service((text, { socket }) => {
    const request = JSON.parse(text) as Request
    requests++
    if (request.method === 'large')
      socket.send(JSON.stringify(replyTo({ ...request, params: 'x'.repeat(5000) })))
    if (request.method === 'slow again') socket.send(JSON.stringify(replyTo({ ...request, params: 1 })))
  })
  const { rpc, adapter } = await connected(server.url, { limits: LIMITS })
  const both = async (facet: RpcFacet, slow: string, id: string) => {
    const other = facet.call(slow, undefined, as(id))
    const large = failureOf(facet.call('large', undefined, as('large')))
    return [await other.catch((error: Error) => error), await large]
  }
  for (const error of await both(rpc, 'slow', '1'))
    expect(error).toMatchObject({ kind: 'connection', retryable: true })
  await adapter.connect(new AbortController().signal)
  const [other, large] = await both(rpc, 'slow', '2')
  expect(large).toMatchObject({ kind: 'serialize', retryable: false })
  expect(other).toMatchObject({ kind: 'connection', retryable: true })
  expect(requests).toBe(4)
})

test('a message that is too large for the server ends its call for good, and no other', async () => {
  const server = await service((text, { socket }) => {
    if (text.length > 1000) socket.close(1009)
  })
  const { rpc, context } = await connected(server.url)
  const small = failureOf(rpc.call('small', undefined, as('1')))
  const large = failureOf(rpc.call('large', ['x'.repeat(2000)], as('2')))
  expect(await large).toMatchObject({
    kind: 'serialize',
    reason: 'our message is too large for the server (1009)',
  })
  expect(await small).toMatchObject({ kind: 'connection', retryable: true })
  expect(context.lost.length).toBe(1)
})

test('a notification beyond the limit names the limit', async () => {
  const server = await service()
  const { context } = await connected(server.url, { limits: LIMITS })
  await until(() => server.peers.length === 1, 'the connection')
  server.broadcast(notification('news', ['x'.repeat(5000)]))
  await until(() => context.lost.length === 1, 'the loss')
  expect(context.lost[0]!.reason).toContain('exceeds the limit of 4096 bytes')
})

test('what waited and was not written is said not to have been carried out', async () => {
  const server = await service((_, { socket }) => socket.terminate())
  const { rpc } = await connected(server.url, { config: { max_in_flight: 1 } })
  const [first, second] = [rpc.call('a', undefined, as('1')), rpc.call('b', undefined, as('2'))].map(
    failureOf,
  )
  expect((await first)!.notExecuted).toBeUndefined()
  expect(await second).toMatchObject({ kind: 'connection', notExecuted: true })
})
