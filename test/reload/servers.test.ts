import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { ChannelCredentials, Client, status } from '@grpc/grpc-js'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { GOING_AWAY } from '../../src/adapters/json-rpc/going-away.js'
import { type ConfigObject, Gateway } from '../../src/index.js'
import { freePort } from '../support/server-process.js'

const proto = fileURLToPath(new URL('../../../test/adapters/grpc/shop.proto', import.meta.url))
const identity = (bytes: Buffer) => bytes
/** The bytes of an `OrderId`. */
const ORDER_ID = Buffer.from([8, 1])

let gateway: Gateway
afterEach(() => gateway.shutdown({ timeout: 100 }))

/** Starts a gateway with one server whose port stays the same, and returns what reloads it. */
async function serving(server: { type: string; config?: object }, serve: () => Promise<void>) {
  const port = await freePort()
  const config = (requests: number) =>
    ({
      servers: {
        s: { ...server, listen: { port }, limits: { requests }, supervision: { shutdown: '1m' } },
      },
    }) as ConfigObject
  gateway = await Gateway.start(config(1000))
  await serve()
  return { port, replace: () => gateway.reload(config(1001)) }
}

test('a gRPC server that ends answers new calls as unavailable, not as unimplemented', async () => {
  const { port, replace } = await serving({ type: 'grpc', config: { proto } }, () =>
    gateway
      .server('s')
      .register('shop.Orders/Get', (params) => params)
      .register('shop.Orders/List', async function* () {
        for (let id = 1; ; id++) {
          yield { id }
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      })
      .serve(),
  )
  const client = () =>
    new Client(`127.0.0.1:${port}`, ChannelCredentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    })
  /** Calls over a new connection. */
  const codeOfCall = async () => {
    const caller = client()
    const code = await new Promise<number>((resolve) =>
      caller.makeUnaryRequest('/shop.Orders/Get', identity, identity, ORDER_ID, (error) =>
        resolve(error?.code ?? status.OK),
      ),
    )
    caller.close()
    return code
  }
  const streaming = client()
  const stream = streaming.makeServerStreamRequest('/shop.Orders/List', identity, identity, ORDER_ID)
  stream.on('error', () => {})
  await once(stream, 'data')
  stream.resume()
  const replaced = replace()
  let code: number = status.OK
  while (code === status.OK) code = await codeOfCall()
  expect(code).toBe(status.UNAVAILABLE)
  stream.cancel()
  streaming.close()
  await replaced
})

test('a JSON-RPC server that ends refuses new calls over a WebSocket, and does not deny its methods', async () => {
  let proceed = () => {}
  const held = new Promise<void>((resolve) => {
    proceed = resolve
  })
  const { port, replace } = await serving({ type: 'json-rpc' }, () =>
    gateway
      .server('s')
      .register('slow', () => held)
      .register('echo', (params) => params)
      .serve(),
  )
  const socket = new WebSocket(`ws://127.0.0.1:${port}`)
  await once(socket, 'open')
  const ask = async (method: string) => {
    const answered = once(socket, 'message')
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: method, method, params: [] }))
    return JSON.parse(String((await answered)[0])) as { id: string; error?: { code: number } }
  }
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 'slow', method: 'slow' }))
  expect(await ask('echo')).toMatchObject({ id: 'echo', result: [] })
  const replaced = replace()
  let answer = await ask('echo')
  while (answer.error === undefined) answer = await ask('echo')
  expect(answer.error).toEqual(GOING_AWAY)
  const answered = once(socket, 'message')
  proceed()
  expect(JSON.parse(String((await answered)[0]))).toMatchObject({ id: 'slow', result: null })
  await replaced
})
