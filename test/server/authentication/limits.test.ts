import { status } from '@grpc/grpc-js'
import type { JWTPayload } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { waitFor } from '../../support/wait-for.js'
import { Caller, call, Files, grpcCall, post, type Running, SECRET, serve, token } from './support.js'

const files = new Files()
const ca = files.authority.ca
const listen = { port: 0, tls: true, cert: files.cert, key: files.key }
const auth = { type: 'jwt', secret: SECRET } as const
const bearer = async (claims: JWTPayload = {}) => ({ authorization: `Bearer ${await token(claims)}` })
/** Two calls, and then none for hours. */
const rate = { requests: 1, per: '2h', burst: 2 } as const

let api: Running
afterAll(() => files.remove())

describe('the methods of the gateway itself', () => {
  beforeAll(async () => {
    api = await serve(
      {
        integrations: { bus: { type: 'memory' } },
        servers: {
          api: {
            type: 'json-rpc',
            listen,
            auth,
            method: { open: { auth: 'none' }, subscribe: { scope: 'watch' } },
            expose: { topics: { orders: { integration: 'bus', topic: 'orders' } } },
          },
        },
      },
      { name: 'api', methods: ['open'] },
    )
  })
  afterAll(() => api.gateway.shutdown({ timeout: 100 }))

  test('have the rule of other methods', async () => {
    const anonymous = await Caller.open(api.port, ca)
    for (const method of ['subscribe', 'unsubscribe', 'rpc.discover', 'rpc.gateway.feed'])
      expect(await anonymous.ask(method, { topic: 'orders' })).toMatchObject({ error: { code: -32_001 } })
    anonymous.close()
    expect((await post(api.port, ca, call('rpc.discover'))).status).toBe(401)
    expect(await post(api.port, ca, call('rpc.discover'), await bearer())).toMatchObject({
      status: 200,
      body: { result: { openrpc: '1.3.2' } },
    })
  })

  test('may have their own rule, and internal ones can never be called', async () => {
    const caller = await Caller.open(api.port, ca, await bearer({ scope: 'other' }))
    expect(await caller.ask('subscribe', { topic: 'orders' })).toMatchObject({ error: { code: -32_003 } })
    expect(await caller.ask('unsubscribe', ['1'])).toMatchObject({ result: false })
    for (const method of ['rpc.gateway.feed', 'rpc.gateway.ready'])
      expect(await caller.ask(method, { op: 'reset' })).toMatchObject({ error: { code: -32_601 } })
    caller.close()
  })

  test('a subscription ends with the scope that it needs', async () => {
    const caller = await Caller.open(api.port, ca, await bearer({ scope: 'watch' }))
    const { result: id } = await caller.ask('subscribe', { topic: 'orders' })
    const publish = (value: string) => api.gateway.pubsub('bus').publish('orders', value)
    const received = (value: string) => caller.messages.some((each) => JSON.stringify(each).includes(value))
    await publish('first')
    await waitFor(() => received('first'), { what: () => 'the first message' })
    await caller.ask('rpc.authenticate', { token: await token({ scope: 'other' }) })
    await publish('second')
    expect(await caller.ask('unsubscribe', [id])).toMatchObject({ result: false })
    expect(received('second')).toBe(false)
    caller.close()
  })
})

describe('the rate', () => {
  test('is that of the subject over HTTP and WebSocket, and of the address for those that guess', async () => {
    const running = await serve(
      { servers: { api: { type: 'json-rpc', listen, auth, limits: { rate } } } },
      { name: 'api', methods: ['who'] },
    )
    const ask = async (headers: Record<string, string>) =>
      (await post(running.port, ca, call('who'), headers)).status
    const [ann, bob, wrong] = [
      await bearer({ sub: 'ann' }),
      await bearer({ sub: 'bob' }),
      { authorization: 'Bearer x' },
    ]
    for (const expected of [200, 200, 429]) expect(await ask(ann)).toBe(expected)
    expect(await ask(await bearer({ sub: 'ann', jti: 'another token' }))).toBe(429)
    // Another issuer means somebody else by the same name.
    expect(await ask(await bearer({ sub: 'ann', iss: 'elsewhere' }))).toBe(200)
    for (const expected of [401, 401, 429]) expect(await ask(wrong)).toBe(expected)
    await expect(Caller.open(running.port, ca, wrong)).rejects.toBe(429)
    const caller = await Caller.open(running.port, ca, bob)
    for (const expected of [undefined, undefined, -32_005])
      expect((await caller.ask('who')).error?.code).toBe(expected)
    caller.close()
    await running.gateway.shutdown({ timeout: 100 })
  })

  test('is that of the subject over gRPC, and of the address for those that guess', async () => {
    const running = await serve(
      { servers: { api: { type: 'grpc', format: 'json', listen, auth, limits: { rate } } } },
      { name: 'api', methods: ['shop.Shop/who'] },
    )
    const ask = async (metadata: Record<string, string>) =>
      (await grpcCall(running.port, ca, '/shop.Shop/who', metadata)).code ?? status.OK
    const full = status.RESOURCE_EXHAUSTED
    const ann = await bearer({ sub: 'ann' })
    for (const expected of [status.OK, status.OK, full]) expect(await ask(ann)).toBe(expected)
    for (const expected of [status.UNAUTHENTICATED, status.UNAUTHENTICATED, full])
      expect(await ask({ authorization: 'Bearer x' })).toBe(expected)
    expect(await ask(await bearer({ sub: 'bob' }))).toBe(status.OK)
    const records = running.refused.map(({ reason, scheme }) => ({ reason, scheme }))
    expect(records).toContainEqual({ reason: 'too many requests of this caller', scheme: undefined })
    await running.gateway.shutdown({ timeout: 100 })
  })
})

test('a caller without a token does not learn that its request is too large', async () => {
  const running = await serve(
    { servers: { api: { type: 'json-rpc', listen, auth, config: { max_request: 1_024 } } } },
    { name: 'api', methods: ['who'] },
  )
  const large = call('who', 'x'.repeat(2_000))
  expect((await post(running.port, ca, large)).status).toBe(401)
  expect((await post(running.port, ca, large, await bearer())).status).toBe(413)
  await running.gateway.shutdown({ timeout: 100 })
})

test('a WebSocket cannot be taken over by the same subject of another issuer', async () => {
  const running = await serve(
    { servers: { api: { type: 'json-rpc', listen, auth } } },
    { name: 'api', methods: ['who'] },
  )
  const caller = await Caller.open(running.port, ca, await bearer({ sub: 'ann', iss: 'here' }))
  const login = async (claims: JWTPayload) => caller.ask('rpc.authenticate', { token: await token(claims) })
  expect(await login({ sub: 'ann', iss: 'here', jti: 'new' })).toMatchObject({ result: { subject: 'ann' } })
  expect(await login({ sub: 'ann', iss: 'elsewhere' })).toMatchObject({ error: { code: -32_003 } })
  await running.gateway.shutdown({ timeout: 100 })
})

describe('a shutdown', () => {
  const refused = (running: Running) => running.refused.reduce((sum, { count }) => sum + count, 0)

  test('records the refusals of the last second over HTTP', async () => {
    const running = await serve({ servers: { api: { type: 'json-rpc', listen, auth } } }, { name: 'api' })
    await Promise.all(Array.from({ length: 50 }, () => post(running.port, ca, call('who'))))
    await running.gateway.shutdown({ timeout: 5_000 })
    expect(refused(running)).toBe(50)
  })

  test('records the refusals of the last second over gRPC', async () => {
    const method = 'shop.Shop/who'
    const running = await serve(
      { servers: { api: { type: 'grpc', format: 'json', listen, auth } } },
      { name: 'api', methods: [method] },
    )
    for (let i = 0; i < 50; i++) await grpcCall(running.port, ca, `/${method}`, {})
    await running.gateway.shutdown({ timeout: 5_000 })
    expect(refused(running)).toBe(50)
  })
})

test('the name of a method in a record is cut', async () => {
  const running = await serve(
    { servers: { api: { type: 'json-rpc', listen, auth, method: { open: { auth: 'none' } } } } },
    { name: 'api', methods: ['open'] },
  )
  await post(running.port, ca, call('m'.repeat(10_000)))
  await waitFor(() => running.refused.length > 0, { what: () => 'the event' })
  expect(running.refused[0]).toMatchObject({ method: 'm'.repeat(200), scheme: 'jwt', count: 1 })
  await running.gateway.shutdown({ timeout: 100 })
})
