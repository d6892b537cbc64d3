import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { weightOf } from '../../../../src/adapters/json-rpc/server/message-weight.js'
import { ByteBudget } from '../../../../src/core/byte-budget.js'
import { MemoryShare } from '../../../../src/core/memory-share.js'
import { until } from '../../../support/adapter-context.js'
import { closed } from '../../../support/closed.js'
import { ask, dial, post, server } from './harness.js'

const BUDGET = 1_000_000
const echo = '{"jsonrpc":"2.0","method":"echo","params":[1],"id":1}'
const request = (method: string, bytes: number, id = 1) =>
  JSON.stringify({ jsonrpc: '2.0', method, params: ['x'.repeat(bytes)], id })

/** A server whose `slow` is answered when the test says so. */
async function slowServer(config: object = {}, memory = BUDGET) {
  const waiting: (() => void)[] = []
  let large = 0
  const rig = await server(
    {
      echo: (params) => params,
      large: () => {
        large++
        return 'y'.repeat(200_000)
      },
      slow: () => new Promise<null>((resolve) => waiting.push(() => resolve(null))),
    },
    { budget: memory, config },
  )
  const { budget } = rig.context
  return { ...rig, waiting, budget, handled: () => large }
}

/** A connection that writes and never reads. */
async function deaf(port: number, bytes: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {})
  socket.pause()
  await once(socket, 'connect')
  socket.write(bytes)
  return socket
}

const httpPost = (body: string) =>
  `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`

describe('what one caller holds', () => {
  test('is at most half of what all others leave', () => {
    const budget = new ByteBudget(1000)
    const [first, second] = [new MemoryShare(budget), new MemoryShare(budget)]
    expect(first.fits(501)).toBe(false)
    expect([first.fitsOne(1000), first.fitsOne(1001)]).toEqual([true, false])
    first.set(500)
    expect(second.fits(250)).toBe(true)
    expect(second.fits(251)).toBe(false)
    second.add(250)
    expect(budget.held).toBe(750)
    expect(first.fits(375)).toBe(true)
    expect(first.fits(376)).toBe(false)
    first.set(0)
    second.set(0)
    expect(budget.held).toBe(0)
  })

  test('counts brackets for what they become', () => {
    const objects = Buffer.from(`[${'{},'.repeat(1000)}{}]`)
    expect(weightOf(objects)).toBeGreaterThan(64 * 1000)
    expect(weightOf(Buffer.from('"x"'))).toBeLessThan(2000)
  })
})

describe('over WebSocket', () => {
  test('a caller with many slow requests is held back, and others are served', async () => {
    const { port, url, waiting, budget } = await slowServer()
    const greedy = await dial(port)
    let answers = 0
    greedy.on('message', () => answers++)
    for (let i = 0; i < 100; i++) greedy.send(request('slow', 50_000, i))
    const innocent = await dial(port)
    let before = -1
    while (waiting.length !== before) {
      before = waiting.length
      for (let i = 0; i < 5; i++) expect(await ask(innocent, echo)).toContain('"result":[1]')
      expect((await post(url, echo)).status).toBe(200)
    }
    expect(budget.held).toBeLessThan(BUDGET)
    expect(waiting.length).toBeLessThan(20)
    // Every request is answered in the end.
    await until(() => {
      for (const answer of waiting.splice(0)) answer()
      return answers === 100
    }, 'all answers')
    greedy.close()
    innocent.close()
    await until(() => budget.held === 0, 'the memory to be given back')
  })

  test('what handlers work on is held until they are done, also for a caller that left', async () => {
    const { port, waiting, budget } = await slowServer()
    const socket = await dial(port)
    socket.send(request('slow', 50_000))
    await until(() => waiting.length === 1, 'the request')
    socket.terminate()
    const next = await dial(port)
    expect(await ask(next, echo)).toContain('"result":[1]')
    expect(budget.held).toBeGreaterThan(50_000)
    waiting[0]!()
    await until(() => budget.held === 0, 'the memory to be given back')
  })

  test('messages that never end do not fill it, and are cut off', async () => {
    const { port, url, budget } = await slowServer({ request_timeout: 1000 })
    const half = Buffer.concat([
      // The first frame of a text of 1,000,000 bytes, masked with zeros.
      Buffer.from([0x01, 0xff, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40, 0, 0, 0, 0]),
      Buffer.alloc(400_000, 'x'),
    ])
    const closes = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const socket = await dial(port)
        ;(socket as unknown as { _socket: Socket })._socket.write(half)
        return once(socket, 'close')
      }).map(async (closed) => (await closed)[0] as number),
    )
    expect(new Set(closes).size).toBeGreaterThan(0)
    for (const code of closes) expect([1008, 1013, 1006]).toContain(code)
    await until(() => budget.held === 0, 'the memory to be given back')
    expect((await post(url, echo)).status).toBe(200)
  })

  test('messages that never end leave memory for others', async () => {
    const { port, url, budget } = await slowServer({}, 8 * BUDGET)
    const half = Buffer.concat([
      Buffer.from([0x01, 0xff, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40, 0, 0, 0, 0]),
      Buffer.alloc(900_000, 'x'),
    ])
    const sockets = await Promise.all(Array.from({ length: 60 }, () => dial(port)))
    for (const socket of sockets) (socket as unknown as { _socket: Socket })._socket.write(half)
    await until(() => budget.held > 3 * BUDGET, 'the memory of incomplete messages to be full')
    for (let i = 0; i < 20; i++) {
      expect((await post(url, request('echo', 100_000))).status).toBe(200)
      expect(budget.held).toBeLessThan(6 * BUDGET)
    }
  })

  test('a caller that never reads its answers is cut off', async () => {
    const { port, budget, url, handled } = await slowServer({ request_timeout: 100 })
    const socket = await dial(port)
    const { _socket: stream } = socket as unknown as { _socket: Socket }
    let answers = 0
    socket.on('message', () => answers++)
    stream.pause()
    for (let i = 0; i < 500; i++) socket.send(request('large', 10, i))
    const closed = once(socket, 'close')
    await until(() => handled() > 0 && budget.held === 0, 'the memory to be given back')
    stream.resume()
    expect((await closed)[0]).toBe(1006)
    expect(answers).toBeLessThan(500)
    expect((await post(url, echo)).status).toBe(200)
  })

  test('a connection that is silent after its last message stays', async () => {
    const { port, context } = await slowServer({ request_timeout: 50, ping_interval: 0 })
    const socket = await dial(port)
    expect(await ask(socket, echo)).toContain('"result":[1]')
    socket.ping('x'.repeat(100))
    // Two looks at the callers have passed when the other is cut off.
    const other = await dial(port)
    ;(other as unknown as { _socket: Socket })._socket.write(
      Buffer.concat([Buffer.from([0x01, 0xfe, 0xff, 0xff, 0, 0, 0, 0]), Buffer.alloc(40_000, 'x')]),
    )
    other.on('error', () => {})
    await closed(other)
    expect(await ask(socket, echo)).toContain('"result":[1]')
    expect(context.records).toEqual([])
  })
})

describe('over HTTP', () => {
  test('requests are refused with 503 while there is no room, small ones are served', async () => {
    const { port, url, waiting, budget } = await slowServer()
    const body = request('slow', 100_000)
    for (let i = 0; i < 20; i++) await deaf(port, httpPost(body))
    await until(() => waiting.length >= 2, 'slow requests')
    const refused = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: request('echo', 400_000),
    })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    expect((await post(url, echo)).status).toBe(200)
    expect(budget.held).toBeLessThan(BUDGET)
    await until(() => {
      for (const answer of waiting.splice(0)) answer()
      return budget.held === 0
    }, 'the memory to be given back')
  })

  test('a caller that never reads its answers is cut off', async () => {
    const { port, budget, url, handled } = await slowServer({ request_timeout: 100 })
    await deaf(port, httpPost(request('large', 10)).repeat(100))
    await until(() => handled() > 0 && budget.held === 0, 'the memory to be given back')
    expect((await post(url, echo)).status).toBe(200)
  })
})

describe('requests that one connection sends at once', () => {
  const waitFor20 = (budget: ByteBudget) => until(() => budget.held > 20 * 10_000, 'the requests')

  test('are handled one after the other, and count for it while they wait', async () => {
    const { port, url, waiting, budget } = await slowServer()
    const greedy = await deaf(port, httpPost(request('slow', 10)).repeat(20))
    await waitFor20(budget)
    expect((await post(url, echo)).status).toBe(200)
    for (let i = 0; i < 20; i++) {
      await until(() => waiting.length > 0, 'the next request')
      expect(waiting).toHaveLength(1)
      waiting.pop()!()
    }
    await until(() => budget.held === 0, 'the memory to be given back')
    greedy.write(httpPost(echo))
    greedy.resume()
    await once(greedy, 'data')
  })

  test('are not handled when the connection has been closed, and count until then', async () => {
    const { port, waiting, budget } = await slowServer()
    const greedy = await deaf(port, httpPost(request('slow', 10)).repeat(20))
    await waitFor20(budget)
    greedy.destroy()
    await until(() => budget.held < 20_000, 'the memory of those that wait')
    waiting.pop()!()
    await until(() => budget.held === 0, 'the memory of the one that was handled')
    expect(waiting).toHaveLength(0)
  })

  test('close the connection when there is no room for more, and others are served', async () => {
    const { port, url, waiting, budget, context } = await slowServer()
    const greedy = await deaf(port, httpPost(request('slow', 10)).repeat(500))
    await new Promise((resolve) => greedy.resume().once('close', resolve))
    expect(context.refusals).toHaveLength(1)
    expect(waiting.length).toBeLessThan(2)
    waiting.pop()?.()
    await until(() => budget.held === 0, 'the memory to be given back')
    expect(waiting).toHaveLength(0)
    expect((await post(url, echo)).status).toBe(200)
  })
})

test('the answers of a batch count for its caller, and those that do not fit are errors', async () => {
  const { url, context } = await server({ page: () => 'x'.repeat(100_000) }, { budget: 1_000_000 })
  const calls = Array.from({ length: 20 }, (_, id) => ({ jsonrpc: '2.0', method: 'page', id }))
  const { status, text } = await post(url, JSON.stringify(calls))
  const answers = JSON.parse(text) as { error?: { code: number } }[]
  expect([status, answers.length]).toEqual([200, 20])
  expect(answers.filter(({ error }) => error?.code === -32_000)).toHaveLength(16)
  await until(() => context.budget.held === 0, 'the memory to be given back')
})
