import { fileURLToPath } from 'node:url'
import { ChannelCredentials, Client, Metadata } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { Gateway } from '../../src/index.js'
import { waitFor } from '../support/wait-for.js'

const proto = fileURLToPath(new URL('../../../test/adapters/grpc/shop.proto', import.meta.url))
/** More calls than any limit but `limits.requests` would let wait. */
const SLOW = 1_500
const CONNECTIONS = 5

let gateway: Gateway
let slow = 0
let parts = 0
const never = () => {
  slow++
  return new Promise<never>(() => {})
}

beforeAll(async () => {
  const mailbox = { bytes: '1MB' as const }
  gateway = await Gateway.start({
    servers: {
      http: { type: 'json-rpc', listen: { port: 0 } },
      few: { type: 'json-rpc', listen: { port: 0 }, limits: { requests: 20 } },
      grpc: { type: 'grpc', listen: { port: 0 }, config: { proto }, mailbox },
    },
  })
  for (const name of ['http', 'few'])
    await gateway
      .server(name)
      .register('never', never)
      .register('echo', (params) => params)
      .serve()
  await gateway
    .server('grpc')
    .register('shop.Orders/Get', (params) => ((params as { id: number }).id === 1 ? never() : params))
    .register('shop.Orders/List', async function* () {
      for (;;) {
        parts++
        yield { id: 1, title: 'x'.repeat(100_000) }
      }
    })
    .serve()
})
afterAll(() => gateway.shutdown({ timeout: 100 }))

const portOf = (name: string) => gateway.connections.status(name).listening!.port

async function dial(name: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${portOf(name)}/`)
  onTestFinished(() => socket.terminate())
  await new Promise((resolve) => socket.once('open', resolve))
  return socket
}

async function echoes(name: string): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${portOf(name)}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'echo', params: [7] }),
  })
  return response.status === 200 ? ((await response.json()) as { result: unknown }).result : response.status
}

test.each([
  ['http', SLOW / CONNECTIONS, SLOW],
  ['few', 20, 20],
])('callers of JSON-RPC with slow calls do not stop others: %s', async (name, each, all) => {
  slow = 0
  for (let i = 0; i < CONNECTIONS; i++) {
    const socket = await dial(name)
    for (let id = 0; id < each; id++) socket.send(`{"jsonrpc":"2.0","method":"never","id":${id}}`)
  }
  await waitFor(() => slow >= all, { what: 'all slow calls' })
  expect(await echoes(name)).toEqual([7])
})

const bytes = (value: Buffer) => value

function client(): Client {
  const opened = new Client(`127.0.0.1:${portOf('grpc')}`, ChannelCredentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  })
  onTestFinished(() => opened.close())
  return opened
}

const get = (caller: Client, id: number) =>
  new Promise<unknown>((resolve) => {
    const deadline = Date.now() + 60_000
    caller.makeUnaryRequest(
      '/shop.Orders/Get',
      bytes,
      bytes,
      Buffer.from([8, id]),
      new Metadata(),
      { deadline },
      (error, order) => resolve(error?.details ?? order),
    )
  })

test('callers of gRPC with slow calls do not stop others', async () => {
  slow = 0
  for (let i = 0; i < CONNECTIONS; i++) {
    const caller = client()
    for (let n = 0; n < SLOW / CONNECTIONS; n++) void get(caller, 1)
  }
  await waitFor(() => slow === SLOW, { what: 'all slow calls' })
  expect(await get(client(), 7)).toEqual(Buffer.from([8, 7]))
})

test('callers of gRPC that do not read their streams do not stop others', async () => {
  const deaf = client()
  for (let i = 0; i < 50; i++)
    deaf.makeServerStreamRequest('/shop.Orders/List', bytes, bytes, Buffer.from([8, 1])).on('error', () => {})
  await waitFor(() => parts >= 50, { what: 'a part of each stream' })
  expect(await get(client(), 8)).toEqual(Buffer.from([8, 8]))
})
