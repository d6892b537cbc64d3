import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client } from 'undici'
import { afterEach, expect, test, vi } from 'vitest'
import { ConnectionPool, type PooledHandler } from '../../../src/adapters/json-rpc/connection-pool.js'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

/** A server that holds each request until it is answered, and a pool of `size` connections to it. */
async function rig({ size = 1, pipelining = 1 } = {}) {
  const held: { readonly path: string; readonly port: number; readonly response: ServerResponse }[] = []
  const server = createServer((request, response) => {
    held.push({ path: request.url!, port: request.socket.remotePort!, response })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const opened: Client[] = []
  const pool = new ConnectionPool({
    size,
    pipelining,
    open: () => {
      const client = new Client(`http://127.0.0.1:${port}`, { pipelining })
      opened.push(client)
      return client
    },
  })
  cleanUps.push(
    () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
    () => pool.destroy(new Error('the test is over')),
  )
  return { pool, held, opened, arrived: (count: number) => vi.waitFor(() => expect(held.length).toBe(count)) }
}

/** Sends a request; how it ended, once it has. */
function send(pool: ConnectionPool, path: string): Promise<'answered' | Error> {
  return new Promise((resolve) => {
    const handler: PooledHandler = {
      onOver: undefined,
      onRequestStart() {},
      onResponseStart() {},
      onResponseData() {},
      onResponseEnd() {
        handler.onOver?.(false)
        resolve('answered')
      },
      onResponseError(_controller, error) {
        handler.onOver?.(true)
        resolve(error)
      },
    }
    pool.dispatch({ method: 'GET', path, idempotent: true, blocking: false }, handler)
  })
}

test('requests beyond its connections wait, and go out in the order in which they came', async () => {
  const { pool, held, opened, arrived } = await rig({ size: 2 })
  const ends = ['/1', '/2', '/3', '/4', '/5'].map((path) => send(pool, path))
  for (let count = 1; count <= 5; count++) {
    await arrived(Math.min(5, count + 1))
    expect(pool.stats).toEqual({
      connected: 2,
      running: Math.min(2, 6 - count),
      waiting: Math.max(0, 4 - count),
    })
    held[count - 1]!.response.end('x')
    await ends[count - 1]
  }
  expect(await Promise.all(ends)).toEqual(Array(5).fill('answered'))
  expect(held.slice(2).map(({ path }) => path)).toEqual(['/3', '/4', '/5'])
  expect(opened.length).toBe(2)
  expect(new Set(held.map(({ port }) => port)).size).toBe(2)
})

test('a connection carries as many at a time as it may, and a new one comes before that', async () => {
  const { pool, held, opened, arrived } = await rig({ size: 2, pipelining: 2 })
  const ends = [1, 2, 3, 4, 5].map((number) => send(pool, `/${number}`))
  await vi.waitFor(() => expect(pool.stats).toEqual({ connected: 2, running: 4, waiting: 1 }))
  expect(opened.length).toBe(2)
  for (let answered = 0; answered < 5; answered++) {
    await vi.waitFor(() => expect(held.length).toBeGreaterThan(answered))
    held[answered]!.response.end('x')
  }
  expect(await Promise.all(ends)).toEqual(Array(5).fill('answered'))
  await arrived(5)
})

test('a request that fails leaves its connection to the next', async () => {
  const { pool, held, arrived } = await rig()
  const first = send(pool, '/1')
  const second = send(pool, '/2')
  await arrived(1)
  held[0]!.response.destroy()
  expect(await first).toBeInstanceOf(Error)
  await arrived(2)
  held[1]!.response.end('x')
  expect(await second).toBe('answered')
})

test('a request that cannot be sent at all fails, and takes no place', async () => {
  const { pool, held, arrived } = await rig()
  expect(await send(pool, 'no path')).toMatchObject({ code: 'UND_ERR_INVALID_ARG' })
  const next = send(pool, '/1')
  await arrived(1)
  held[0]!.response.end('x')
  expect(await next).toBe('answered')
})

test('close waits for what is under way and what waits, and takes no more', async () => {
  const { pool, held, arrived } = await rig()
  const ends = [send(pool, '/1'), send(pool, '/2')]
  await arrived(1)
  let isClosed = false
  const closed = pool.close().then(() => {
    isClosed = true
  })
  expect(await send(pool, '/3')).toMatchObject({ code: 'UND_ERR_CLOSED' })
  held[0]!.response.end('x')
  await arrived(2)
  expect(isClosed).toBe(false)
  held[1]!.response.end('x')
  expect(await Promise.all(ends)).toEqual(['answered', 'answered'])
  await closed
  expect(pool.stats).toEqual({ connected: 0, running: 0, waiting: 0 })
})

test('destroy fails what is under way and what waits, also while it is closing', async () => {
  const { pool, arrived } = await rig()
  const ends = [send(pool, '/1'), send(pool, '/2')]
  await arrived(1)
  const closed = pool.close()
  const reason = new Error('no more')
  await pool.destroy(reason)
  expect(await Promise.all(ends)).toEqual([reason, reason])
  await closed
  expect(await send(pool, '/3')).toMatchObject({ code: 'UND_ERR_CLOSED' })
})
