import type { AddressInfo } from 'node:net'
import jayson from 'jayson'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { RpcError } from '../../src/core/errors/rpc.js'
import { Gateway } from '../../src/index.js'
import { waitFor } from '../support/wait-for.js'

/*
 * Our client and server against an independent implementation, jayson 5. Where it departs from the specification,
 * no test asks for it: its server takes `"id": null` for a notification (section 4.1 has those without an id), and
 * its WebSocket client waits for an answer to a notification.
 */

type Done = (error: { code: number; message: string; data?: unknown } | null, result?: unknown) => void

const methods = {
  add: ([a, b]: [number, number], done: Done) => done(null, a + b),
  greet: ({ name }: { name: string }, done: Done) => done(null, `hello ${name}`),
  refuse: (_: unknown, done: Done) => done({ code: 17, message: 'refused: ü', data: { why: ['test'] } }),
  told: (params: unknown, done: Done) => {
    heard.push(params)
    done(null, null)
  },
}
const heard: unknown[] = []

/** A server of jayson's over both transports at one port. */
async function jaysonServer(): Promise<number> {
  const server = new jayson.Server(methods)
  const http = server.http()
  const wss = new WebSocketServer({ server: http })
  server.websocket({ wss: wss as never })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const client of wss.clients) client.terminate()
    http.closeAllConnections()
    http.close()
  })
  return (http.address() as AddressInfo).port
}

async function start(config: Parameters<typeof Gateway.start>[0]): Promise<Gateway> {
  const gateway = await Gateway.start(config)
  onTestFinished(() => gateway.shutdown({ timeout: 100 }))
  return gateway
}

describe.each(['http', 'ws'])('our client and the server of jayson over %s', (scheme) => {
  async function client(config: Record<string, unknown> = {}) {
    const address = `${scheme}://127.0.0.1:${await jaysonServer()}/`
    const gateway = await start({ integrations: { it: { type: 'json-rpc', endpoint: { address }, config } } })
    return gateway.rpc('it')
  }

  test('calls with positional and named parameters', async () => {
    const rpc = await client()
    expect(await rpc.call('add', [1, 2])).toBe(3)
    expect(await rpc.call('greet', { name: 'Nemo' })).toBe('hello Nemo')
  })

  test('errors, with their data', async () => {
    const rpc = await client()
    await expect(rpc.call('refuse', [])).rejects.toMatchObject({
      kind: 'rpc',
      code: 17,
      message: 'refused: ü',
      data: { why: ['test'] },
    })
    await expect(rpc.call('nowhere')).rejects.toMatchObject({ kind: 'rpc', code: -32601 })
  })

  test('notifications', async () => {
    const rpc = await client()
    heard.length = 0
    await rpc.notify('told', [scheme])
    await waitFor(() => heard.length === 1, { what: () => 'the notification' })
    expect(heard).toEqual([[scheme]])
  })

  test('batches, our own and those we make of single calls', async () => {
    const rpc = await client({ batch_size: 10 })
    const results = await rpc.batch([
      { method: 'add', params: [1, 2] },
      { method: 'refuse', params: [] },
      { method: 'greet', params: { name: 'x' } },
    ])
    expect(results).toMatchObject([
      { ok: true, value: 3 },
      { ok: false, error: { kind: 'rpc', code: 17 } },
      { ok: true, value: 'hello x' },
    ])
    const sums = await Promise.all([1, 2, 3, 4, 5].map((n) => rpc.call('add', [n, n])))
    expect(sums).toEqual([2, 4, 6, 8, 10])
  })
})

describe.each(['http', 'ws'])('the client of jayson and our server over %s', (scheme) => {
  let make: (port: number) => Promise<jayson.Client>
  beforeAll(() => {
    make = async (port) => {
      if (scheme === 'http') return jayson.Client.http({ host: '127.0.0.1', port })
      const ws = new WebSocket(`ws://127.0.0.1:${port}/`)
      onTestFinished(() => ws.terminate())
      await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject))
      return jayson.Client.websocket({ ws })
    }
  })

  async function client() {
    const gateway = await start({ servers: { api: { type: 'json-rpc', listen: { port: 0 } } } })
    const told: unknown[] = []
    await gateway
      .server('api')
      .register('add', (params) => (params as number[]).reduce((sum, n) => sum + n, 0))
      .register('greet', (params) => `hello ${(params as { name: string }).name}`)
      .register('told', (params) => void told.push(params))
      .register('refuse', () => {
        throw new RpcError(17, 'refused: ü', { why: ['test'] })
      })
      .serve()
    return { client: await make(gateway.connections.status('api').listening!.port), told }
  }

  /** What jayson calls back with: the whole answer. */
  const ask = (client: jayson.Client, method: string, params: object, id?: string | null) =>
    new Promise<unknown>((resolve, reject) => {
      const done = (error: unknown, answer?: unknown) => (error ? reject(error) : resolve(answer))
      if (id === undefined) client.request(method, params as never, done)
      else client.request(method, params as never, id as never, done)
    })

  test('calls and errors', async () => {
    const { client: jay } = await client()
    expect(await ask(jay, 'add', [1, 2], 'a')).toEqual({ jsonrpc: '2.0', result: 3, id: 'a' })
    expect(await ask(jay, 'greet', { name: 'Nemo' })).toMatchObject({ result: 'hello Nemo' })
    expect(await ask(jay, 'refuse', [])).toMatchObject({
      error: { code: 17, message: 'refused: ü', data: { why: ['test'] } },
    })
    expect(await ask(jay, 'nowhere', [])).toMatchObject({
      error: { code: -32601, message: 'Method not found' },
    })
  })

  test('notifications', async () => {
    const { client: jay, told } = await client()
    if (scheme === 'http') await ask(jay, 'told', [1], null)
    // It waits for an answer over WebSocket, which a notification has none of.
    else jay.request('told', [1], null as never, () => {})
    await waitFor(() => told.length === 1, { what: () => 'the notification' })
    expect(told).toEqual([[1]])
  })

  test('batches', async () => {
    const { client: jay } = await client()
    const make = jay.request.bind(jay) as unknown as (method: string, params: unknown, id?: unknown) => object
    const batch = [make('add', [1, 2]), make('refuse', []), make('add', [3, 4])]
    const answers = await new Promise<{ result?: unknown; error?: { code: number } }[]>((resolve, reject) =>
      (jay.request as unknown as (batch: object[], done: (error: unknown, answers: never) => void) => void)(
        batch,
        (error, responses) => (error ? reject(error) : resolve(responses)),
      ),
    )
    expect(answers.map(({ result, error }) => result ?? error?.code)).toEqual([3, 17, 7])
  })
})
