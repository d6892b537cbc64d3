import type { EventEmitter } from 'node:events'
import { fileURLToPath } from 'node:url'
import { ChannelCredentials, Client, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { Gateway } from '../../../src/index.js'
import { waitFor } from '../../support/wait-for.js'

const SECRET = 'the secret of this test, long enough'
const proto = fileURLToPath(new URL('../../../../test/adapters/grpc/shop.proto', import.meta.url))

let gateway: Gateway
const reasons: string[] = []
/** Streams that handlers have begun and ended. */
const streams = { begun: 0, ended: 0 }

beforeAll(async () => {
  gateway = await Gateway.start({
    servers: {
      shop: {
        type: 'grpc',
        listen: { port: 0 },
        config: { proto },
        auth: { type: 'jwt', secret: SECRET, clock_tolerance: 0 },
      },
    },
  })
  gateway.on('server:refused', ({ reason }) => reasons.push(reason))
  await gateway
    .server('shop')
    .register('shop.Orders/List', async function* (params) {
      streams.begun++
      const title = 'x'.repeat((params as { id: number }).id)
      try {
        for (;;) {
          yield { id: 1, title }
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      } finally {
        streams.ended++
      }
    })
    .serve()
})
afterAll(() => gateway.shutdown({ timeout: 100 }))

const bytes = (value: Buffer) => value

/** A call of `shop.Orders/List` whose token expires in three seconds. */
async function list(id: number) {
  const { port } = gateway.connections.status('shop').listening!
  const client = new Client(`127.0.0.1:${port}`, ChannelCredentials.createInsecure())
  onTestFinished(() => client.close())
  const token = await new SignJWT({ sub: 'ann', exp: Date.now() / 1_000 + 3 })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.from(SECRET))
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${token}`)
  const request = Buffer.from([8, (id & 0x7f) | 0x80, id >> 7])
  return client.makeServerStreamRequest('/shop.Orders/List', bytes, bytes, request, metadata)
}

const endOf = (stream: EventEmitter) => new Promise<ServiceError>((resolve) => stream.once('error', resolve))

test('streams, read or not, end with UNAUTHENTICATED when their token expires, and so do their handlers', async () => {
  const [read, unread] = await Promise.all([list(130), list(16_000)])
  unread.pause()
  const ends = [read, unread].map(endOf)
  let messages = 0
  read.on('data', () => messages++)
  // The caller that did not read gets what was on its way first.
  await waitFor(() => streams.begun === 2 && streams.ended === 2, { what: () => 'the end of the handlers' })
  unread.on('data', () => {})
  for (const { code, details } of await Promise.all(ends))
    expect([code, details]).toEqual([status.UNAUTHENTICATED, 'the token has expired'])
  expect(messages).toBeGreaterThan(0)
  expect(reasons).toEqual(['the token has expired', 'the token has expired'])
})
