import { connect, constants } from 'node:http2'
import { fileURLToPath } from 'node:url'
import { ChannelCredentials, Client, type ClientReadableStream } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { EventValues } from '../../src/core/events.js'
import { Gateway, RpcError } from '../../src/index.js'
import { waitFor } from '../support/wait-for.js'

const proto = fileURLToPath(new URL('../../../test/adapters/grpc/shop.proto', import.meta.url))

let gateway: Gateway
const refusals: EventValues<'server:refused'>[] = []
/** How many parts the handler has made, and whether it was ended. */
const made = { parts: 0, ended: 0 }

beforeAll(async () => {
  const config = { proto }
  const limits = { connections_per_address: 2, rate: { requests: 3, per: '1h' as const } }
  gateway = await Gateway.start({
    servers: {
      shop: { type: 'grpc', listen: { port: 0 }, config },
      strict: { type: 'grpc', listen: { port: 0 }, config, limits },
      old: {
        type: 'grpc',
        listen: { port: 0 },
        config: { proto, max_connection_age: 200, max_connection_age_grace: 5000 },
      },
    },
  })
  gateway.on('server:refused', (event) => refusals.push(event))
  for (const name of ['shop', 'strict', 'old'])
    await gateway
      .server(name)
      .register('shop.Orders/Get', (params) => params)
      .register('shop.Orders/List', async function* (params) {
        const { id } = params as { id: number }
        try {
          for (let n = 1; n <= id; n++) {
            made.parts = n
            yield { id: n, title: 'x'.repeat(id > 1000 ? 10_000 : 1) }
            if (n === 3 && id === 4) throw new RpcError(5, 'no more')
            if (n === 3 && id === 5) throw new Error('secret')
            if (n === 3 && id === 6) yield { id: 'wrong' }
          }
        } finally {
          made.ended++
        }
      })
      .serve()
})
afterAll(() => gateway.shutdown({ timeout: 100 }))

function portOf(name: string): number {
  return gateway.connections.status(name).listening!.port
}

function client(name = 'shop'): Client {
  const opened = new Client(`127.0.0.1:${portOf(name)}`, ChannelCredentials.createInsecure())
  onTestFinished(() => opened.close())
  return opened
}

/** The bytes of an `OrderId` with a number below 16,384. */
const orderId = (id: number) => Buffer.from(id < 128 ? [8, id] : [8, (id & 127) | 128, id >> 7])
const identity = (bytes: Buffer) => bytes

function list(caller: Client, id: number): ClientReadableStream<Buffer> {
  return caller.makeServerStreamRequest('/shop.Orders/List', identity, identity, orderId(id))
}

async function collected(stream: ClientReadableStream<Buffer>) {
  let parts = 0
  try {
    for await (const _ of stream) parts++
    return { parts, code: 0, details: '' }
  } catch (error) {
    const { code, details } = error as { code: number; details: string }
    return { parts, code, details }
  }
}

describe('a handler that is an async generator', () => {
  test('answers with a stream', async () => {
    expect(await collected(list(client(), 3))).toEqual({ parts: 3, code: 0, details: '' })
    expect(await collected(list(client(), 0))).toEqual({ parts: 0, code: 0, details: '' })
  })

  test('may end it with an error; callers see only an RpcError', async () => {
    expect(await collected(list(client(), 4))).toEqual({ parts: 3, code: 5, details: 'no more' })
    expect(await collected(list(client(), 5))).toEqual({ parts: 3, code: 13, details: 'Internal error' })
    expect(await collected(list(client(), 6))).toMatchObject({ code: 13, details: 'Internal error' })
  })

  test('is held back by a caller that does not read, and ended when the caller leaves', async () => {
    const other = client()
    const session = connect(`http://127.0.0.1:${portOf('shop')}`)
    onTestFinished(() => session.destroy())
    const stream = session.request({
      ':method': 'POST',
      ':path': '/shop.Orders/List',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    stream.on('error', () => {})
    const message = orderId(10_000)
    stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]))
    await waitFor(() => made.parts >= 10, { what: () => 'the first parts' })
    let before = -1
    // It has stopped when it makes no progress while other calls go through.
    while (made.parts !== before) {
      before = made.parts
      for (let i = 0; i < 10; i++) expect((await collected(list(other, 0))).code).toBe(0)
    }
    expect(made.parts).toBeLessThan(5000)
    const { ended } = made
    stream.close(constants.NGHTTP2_CANCEL)
    await waitFor(() => made.ended > ended, { what: () => 'the generator to end' })
  })
})

describe('limits', () => {
  test('of connections from one address', async () => {
    const sessions = Array.from({ length: 6 }, () => connect(`http://127.0.0.1:${portOf('strict')}`))
    onTestFinished(() => {
      for (const session of sessions) session.destroy()
    })
    const ends = sessions.map(
      (session) =>
        new Promise<boolean>((resolve) => {
          session.on('error', () => {}).once('close', () => resolve(false))
          session.once('remoteSettings', () => resolve(true))
        }),
    )
    await waitFor(() => refusals.length >= 4, { what: () => 'refusals' })
    expect((await Promise.all(ends)).filter(Boolean)).toHaveLength(2)
    expect(refusals[0]).toMatchObject({
      server: 'strict',
      reason: 'too many connections from this address',
      address: '127.0.0.1',
    })
  })

  test('of the rate of a caller', async () => {
    const caller = client('strict')
    const codes: number[] = []
    await waitFor(
      async () => {
        const { code } = await collected(list(caller, 1))
        // Connections of the test before may be counted until they are closed.
        if (code !== 14) codes.push(code)
        return codes.length === 5
      },
      { what: () => 'five answers' },
    )
    expect(codes).toEqual([0, 0, 0, 8, 8])
    expect(refusals.at(-1)).toMatchObject({
      server: 'strict',
      method: 'shop.Orders/List',
      reason: 'too many requests of this caller',
    })
  })
})

test('an old connection is asked to make way, and calls in flight end', async () => {
  const session = connect(`http://127.0.0.1:${portOf('old')}`)
  onTestFinished(() => session.destroy())
  session.on('error', () => {})
  await new Promise((resolve) => session.once('goaway', resolve))
  expect(await collected(list(client('old'), 3))).toMatchObject({ parts: 3, code: 0 })
})
