import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { until } from '../../../support/adapter-context.js'
import { waitFor } from '../../../support/wait-for.js'
import { ask, dial, type Handlers, post, server } from './harness.js'
import { rawConnection, rawPost } from './raw-http.js'

const handlers: Handlers = { echo: (params) => params }
const call = (id = 1) => `{"jsonrpc":"2.0","method":"echo","params":[1],"id":${id}}`

describe('connections', () => {
  test('from one address are limited, and other addresses are served', async () => {
    const { port, context } = await server(handlers, {
      limits: { connections: 100, connectionsPerAddress: 3 },
    })
    const greedy = await Promise.all(Array.from({ length: 20 }, () => rawConnection(port)))
    await until(() => greedy.filter(({ isClosed }) => isClosed).length === 17, 'the connections beyond 3')
    const other = await rawConnection(port, '127.0.0.2')
    expect((await other.write(rawPost(call())).answer())?.status).toBe(200)
    const first = greedy.find(({ isClosed }) => !isClosed)!
    expect((await first.write(rawPost(call())).answer())?.status).toBe(200)
    expect(context.refusals).toHaveLength(17)
    expect(context.refusals[0]).toEqual({
      reason: 'too many connections from this address',
      address: '127.0.0.1',
      count: 1,
    })
    first.socket.destroy()
    await waitFor(
      async () => {
        const next = await rawConnection(port)
        return (await next.write(rawPost(call())).answer())?.status === 200
      },
      { what: () => 'room for a connection' },
    )
  })
})

describe('the rate of a caller', () => {
  const limits = { rate: { requests: 2, perMs: 3_600_000, burst: 2 } }

  test('over HTTP is in the headers, and beyond it the answer is 429', async () => {
    const { url, context } = await server(handlers, { limits })
    const ask = () =>
      fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: call() })
    const shown = [await ask(), await ask(), await ask()].map(({ status, headers }) => [
      status,
      headers.get('ratelimit-policy'),
      headers.get('ratelimit')?.replace(/t=\d+/, 't=…'),
    ])
    expect(shown).toEqual([
      [200, '"requests";q=2;w=3600', '"requests";r=1;t=…'],
      [200, '"requests";q=2;w=3600', '"requests";r=0;t=…'],
      [429, '"requests";q=2;w=3600', '"requests";r=0;t=…'],
    ])
    expect(Number((await ask()).headers.get('retry-after'))).toBeGreaterThan(1700)
    expect(context.refusals).toHaveLength(2)
  })

  test('counts each request of a batch, and each address by itself', async () => {
    const { url, port } = await server(handlers, { limits })
    expect((await post(url, `[${call(1)},${call(2)},${call(3)}]`)).status).toBe(200)
    expect((await post(url, call())).status).toBe(429)
    const other = await rawConnection(port, '127.0.0.2')
    expect((await other.write(rawPost(call())).answer())?.status).toBe(200)
  })

  test('over WebSocket gives an error for each call, and the connection stays', async () => {
    const { port } = await server(handlers, { limits })
    const socket = await dial(port)
    expect(await ask(socket, `[${call(1)},${call(2)}]`)).toContain('"result"')
    const refused = JSON.parse(await ask(socket, `[${call(3)},{"jsonrpc":"2.0","method":"echo"},${call(4)}]`))
    expect(refused).toMatchObject([
      { id: 3, error: { code: -32005, data: { retryAfterMs: expect.any(Number) } } },
      { id: 4, error: { code: -32005 } },
    ])
    // What is not JSON counts too.
    expect(await ask(socket, 'nope')).toContain('-32005')
  })
})

describe('messages that are not answered', () => {
  test('of one connection leave room for others', async () => {
    const waiting: (() => void)[] = []
    const slow: Handlers = {
      ...handlers,
      slow: () => new Promise<null>((resolve) => waiting.push(() => resolve(null))),
    }
    const { port, url, context } = await server(slow, { limits: { requests: 10 } })
    const body = '{"jsonrpc":"2.0","method":"slow","id":1}'
    const greedy = await rawConnection(port)
    greedy.write(rawPost(body).repeat(20))
    await until(() => context.refusals.length > 0, 'a refusal')
    expect(waiting.length).toBeLessThan(10)
    expect((await post(url, call())).status).toBe(200)
    const socket = await dial(port)
    expect(await ask(socket, call())).toContain('"result"')
    greedy.socket.destroy()
    for (const answer of waiting.splice(0)) answer()
    for (let i = 0; i < 20; i++) socket.send(body)
    // A WebSocket that sends too many is not read, and gets every answer in the end.
    let answers = 0
    socket.on('message', () => answers++)
    await until(() => {
      for (const answer of waiting.splice(0)) answer()
      return answers === 20
    }, 'all answers')
  })
})

test('a WebSocket that never reads is not read beyond max_unread, and is cut off', async () => {
  const { port, url, context } = await server(
    { ...handlers, large: () => 'x'.repeat(100_000) },
    { config: { max_unread: '200KB', request_timeout: 200 } },
  )
  const deaf = await dial(port)
  deaf.pause()
  for (let i = 0; i < 500; i++) deaf.send(`{"jsonrpc":"2.0","method":"large","id":${i}}`)
  const closed = once(deaf, 'close')
  await until(() => context.budget.held > 0, 'unread answers')
  await until(() => context.budget.held === 0, 'the memory to be given back')
  deaf.resume()
  await closed
  expect((await post(url, call())).status).toBe(200)
})
