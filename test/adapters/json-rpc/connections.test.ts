import type { ServerResponse } from 'node:http'
import { describe, expect, test, vi } from 'vitest'
import { operation } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { send } from '../../support/http-service.js'
import { connected, rigFor, service } from './harness.js'

const context = operation()
const never = () => new AbortController().signal

/** Answers each call with the number of the connection that it came on. */
const connectionNumbers = () =>
  service(({ text, connection }, response) => {
    send(response, 200, JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(text).id, result: connection }))
  })

describe('connections', () => {
  test('are kept alive and used again', async () => {
    const server = await connectionNumbers()
    const { rpc } = await connected(server.url, { config: { pool_size: 1 } })
    for (let i = 0; i < 20; i++) await rpc.call('m', undefined, context)
    // One to check that a connection can be made, and one for the calls.
    expect(server.connections()).toBe(2)
    expect(new Set(server.requests.map(({ connection }) => connection)).size).toBe(1)
  })

  test('are no more than pool_size', async () => {
    const held: ServerResponse[] = []
    const server = await service((_, response) => void held.push(response))
    const { rpc } = await connected(server.url, { config: { pool_size: 3 } })
    const calls = Array.from({ length: 10 }, () => rpc.notify('m', undefined, context))
    for (let answered = 0; answered < 10; answered++) {
      await vi.waitFor(() => expect(held.length).toBeGreaterThan(answered))
      send(held[answered]!, 204)
    }
    await Promise.all(calls)
    expect(new Set(server.requests.map(({ connection }) => connection)).size).toBeLessThanOrEqual(3)
  })

  test('carry several requests at once when pipelining says so', async () => {
    const held: (() => void)[] = []
    const server = await service(({ text }, response) => {
      const { id } = JSON.parse(text)
      held.push(() => send(response, 200, JSON.stringify({ jsonrpc: '2.0', id, result: id })))
    })
    const { rpc } = await connected(server.url, { config: { pool_size: 1, pipelining: 4 } })
    const calls = Array.from({ length: 4 }, () => rpc.call('m', undefined, context))
    await vi.waitFor(() => expect(held.length).toBe(4))
    for (const answer of held) answer()
    expect(await Promise.all(calls)).toEqual([1, 2, 3, 4])
  })

  test('that the server closed while idle are replaced', async () => {
    const server = await service(({ text }, response) => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(text).id, result: 1 })
      send(response, 200, body, { connection: 'close' })
    })
    const { rpc, context: fake } = await connected(server.url)
    for (let i = 0; i < 5; i++) expect(await rpc.call('m', undefined, context)).toBe(1)
    expect(fake.lost).toEqual([])
  })
})

describe('ping', () => {
  test('checks that a connection can be made', async () => {
    const server = await connectionNumbers()
    const { adapter, context: fake } = await connected(server.url)
    await adapter.ping!(never())
    await server.close()
    expect(await failureOf(adapter.ping!(never()))).toMatchObject({ kind: 'connection' })
    expect(fake.lost).toEqual([])
    expect(server.requests).toEqual([])
  })
})

describe('disconnect', () => {
  test('lets calls under way finish, refuses new ones, and may be repeated', async () => {
    const held: ServerResponse[] = []
    const server = await service((_, response) => void held.push(response))
    const { adapter, rpc } = await connected(server.url)
    const call = rpc.notify('m', undefined, context)
    await vi.waitFor(() => expect(held.length).toBe(1))
    const gone = adapter.disconnect()
    expect(await failureOf(rpc.call('m', undefined, context))).toMatchObject({
      kind: 'connection',
      message: 'not connected',
    })
    send(held[0]!, 204)
    await Promise.all([call, gone, adapter.disconnect()])
    await adapter.disconnect()
  })

  test('ends calls that do not finish, without a call of connectionLost', async () => {
    const server = await service(() => {})
    const { adapter, rpc, context: fake } = await connected(server.url)
    const calls = [rpc.call('a', undefined, context), rpc.call('b', undefined, context)]
    await vi.waitFor(() => expect(server.requests.length).toBe(2))
    const failures = calls.map(failureOf)
    await adapter.disconnect()
    for (const error of await Promise.all(failures)) expect(error).toMatchObject({ kind: 'connection' })
    expect(fake.lost).toEqual([])
  })

  test('is followed by another connect', async () => {
    const server = await connectionNumbers()
    const { adapter, rpc } = await connected(server.url)
    await adapter.disconnect()
    await adapter.connect(never())
    expect(await rpc.call('m', undefined, context)).toEqual(expect.any(Number))
  })

  test('without a connection does nothing', async () => {
    const { adapter, rpc } = rigFor('http://127.0.0.1:9')
    await adapter.disconnect()
    expect(await failureOf(rpc.call('m', undefined, context))).toMatchObject({ message: 'not connected' })
    expect(await failureOf(adapter.ping!(never()))).toMatchObject({ message: 'not connected' })
  })
})
