import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Gateway } from '../../../src/index.js'
import { waitFor } from '../../support/wait-for.js'
import {
  Caller,
  call,
  Files,
  grpcCall,
  post,
  type Running,
  SECRET,
  serve,
  specification,
  token,
} from './support.js'

const files = new Files()
const ca = files.authority.ca
const variables = { tls_cert: files.cert, tls_key: files.key }
let api: Running
let grpc: Running
let client: Gateway

beforeAll(async () => {
  const asGrpc = { 'type = "json-rpc"': 'type   = "grpc"\n  format = "json"' }
  ;[api, grpc] = await Promise.all([
    serve(files.write('api.hcl', specification()), { variables }),
    serve(files.write('grpc.hcl', specification(asGrpc)), { variables }),
  ])
  const endpoint = (address: string) => ({ address, tls: { ca_cert: files.ca } })
  const auth = { type: 'jwt', secret: SECRET, subject: 'nemo' } as const
  const [https, wss] = [`https://localhost:${api.port}`, `wss://localhost:${api.port}`]
  const rpc = {
    type: 'grpc',
    endpoint: { address: 'localhost', port: grpc.port, tls: { ca_cert: files.ca } },
    format: 'json',
  } as const
  client = await Gateway.start({
    integrations: {
      https: { type: 'json-rpc', endpoint: endpoint(https), auth },
      wss: { type: 'json-rpc', endpoint: endpoint(wss), auth },
      grpc: { ...rpc, auth },
      anonymous_https: { type: 'json-rpc', endpoint: endpoint(https) },
      anonymous_wss: { type: 'json-rpc', endpoint: endpoint(wss) },
      anonymous_grpc: rpc,
    },
  })
})
afterAll(async () => {
  await Promise.all([api, grpc, { gateway: client }].map((each) => each?.gateway?.shutdown({ timeout: 100 })))
  files.remove()
})

describe('the server block of the specification', () => {
  test.each(['https', 'wss', 'grpc'])('answers a caller with a valid token over %s', async (name) => {
    const running = name === 'grpc' ? grpc : api
    const answer = await client.rpc(name).call('data.get', { key: 'a' })
    expect(answer).toEqual({ params: { key: 'a' }, subject: 'nemo' })
    expect(running.seen.at(-1)).toMatchObject({ subject: 'nemo', scopes: [], roles: [], scheme: 'jwt' })
    expect(JSON.stringify(running.headers)).not.toContain('eyJ')
  })

  test.each([
    ['anonymous_https', { kind: 'auth' }],
    ['anonymous_wss', { kind: 'rpc', code: -32_001 }],
    ['anonymous_grpc', { kind: 'auth' }],
  ])('refuses a caller without a token: %s', async (name, error) => {
    const calls = api.seen.length + grpc.seen.length
    await expect(client.rpc(name).call('data.get')).rejects.toMatchObject(error)
    expect(api.seen.length + grpc.seen.length).toBe(calls)
  })

  test('the refusals are in the audit record, with the address', async () => {
    await waitFor(() => api.refused.length >= 2 && grpc.refused.length >= 1, { what: () => 'the events' })
    const record = {
      server: 'nemo_api',
      scheme: 'jwt',
      reason: 'the caller has presented no credentials',
      count: 1,
    }
    expect(api.refused).toContainEqual(expect.objectContaining({ ...record, method: 'data.get' }))
    expect(grpc.refused[0]).toMatchObject({ ...record, method: '/data/get' })
    for (const { address } of [...api.refused, ...grpc.refused])
      expect(address).toMatch(/127\.0\.0\.1$|^::1$/)
  })
})

describe('over HTTPS', () => {
  test('the status is 401, with a challenge and an error of JSON-RPC', async () => {
    const answer = await post(api.port, ca, call('data.get'))
    expect(answer).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="nemo_api"', 'content-type': 'application/json' },
      body: { jsonrpc: '2.0', error: { code: -32_001, message: 'Unauthenticated' }, id: null },
    })
    const wrong = await post(api.port, ca, call('data.get'), {
      authorization: `Bearer ${await token({}, 'another secret of at least thirty-two bytes')}`,
    })
    expect(wrong).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': expect.stringContaining('error="invalid_token"') },
      body: { error: { data: { reason: 'the signature of the token is wrong' } } },
    })
  })

  test('an unknown method is refused like a known one, and not found only by a known caller', async () => {
    const [known, unknown] = await Promise.all(
      ['data.get', 'nowhere'].map((name) => post(api.port, ca, call(name))),
    )
    expect({ ...unknown, headers: {} }).toEqual({ ...known, headers: {} })
    const authorization = `Bearer ${await token()}`
    const found = await post(api.port, ca, call('nowhere'), { authorization })
    expect(found).toMatchObject({ status: 200, body: { error: { code: -32_601 } } })
  })

  test('two tokens in one request are refused', async () => {
    const authorization = [`Bearer ${await token()}`, `Bearer ${await token({ sub: 'eve' })}`]
    const answer = await post(api.port, ca, call('data.get'), { authorization } as never)
    expect(answer.status).toBe(401)
  })
})

describe('over WebSocket', () => {
  test('a wrong token is refused at the handshake', async () => {
    await expect(Caller.open(api.port, ca, { authorization: 'Bearer nonsense' })).rejects.toBe(401)
  })

  test('a token may come with the first message, and what follows it at once is checked with it', async () => {
    const caller = await Caller.open(api.port, ca)
    expect(await caller.ask('data.get')).toMatchObject({ error: { code: -32_001, data: expect.anything() } })
    caller.send(call('rpc.authenticate', { token: await token({ sub: 'bob' }) }, 7))
    expect(await caller.ask('data.get')).toMatchObject({ result: { subject: 'bob' } })
    expect(caller.messages).toContainEqual(
      expect.objectContaining({ id: 7, result: { subject: 'bob', expires_in: expect.any(Number) } }),
    )
    caller.close()
  })

  test('a wrong token closes it', async () => {
    const caller = await Caller.open(api.port, ca)
    expect(await caller.ask('rpc.authenticate', ['nonsense'])).toMatchObject({ error: { code: -32_001 } })
    await waitFor(() => caller.closed !== undefined, { what: () => 'the end' })
    expect(caller.closed).toEqual({ code: 1008, reason: 'the token is malformed' })
  })

  test('it is closed when the token expires, unless a new one of the same subject has come', async () => {
    // The tolerance of clocks adds 5 s.
    const exp = Math.floor(Date.now() / 1_000) + 1
    const [ends, stays] = await Promise.all(
      [0, 1].map(async () => Caller.open(api.port, ca, { authorization: `Bearer ${await token({ exp })}` })),
    )
    expect(await ends!.ask('data.get')).toMatchObject({ result: { subject: 'ann' } })
    expect(await stays!.ask('rpc.authenticate', { token: await token() })).toMatchObject({
      result: { subject: 'ann' },
    })
    await waitFor(() => ends!.closed !== undefined, { what: () => 'the end' })
    expect(ends!.closed).toEqual({ code: 1008, reason: 'the token has expired' })
    expect(await stays!.ask('data.get')).toMatchObject({ result: { subject: 'ann' } })
    expect(await stays!.ask('rpc.authenticate', { token: await token({ sub: 'eve' }) })).toMatchObject({
      error: { code: -32_003 },
    })
    stays!.close()
  })
})

describe('over gRPC', () => {
  const authorized = async (claims = {}) => ({ authorization: `Bearer ${await token(claims)}` })

  test('an unknown method is refused like a known one, and not found only by a known caller', async () => {
    const [known, unknown] = await Promise.all(
      ['/data/get', '/no/where'].map((path) => grpcCall(grpc.port, ca, path)),
    )
    expect(known).toEqual({
      code: status.UNAUTHENTICATED,
      details: 'the caller has presented no credentials',
    })
    expect(unknown).toEqual(known)
    expect(await grpcCall(grpc.port, ca, '/no/where', await authorized())).toMatchObject({
      code: status.UNIMPLEMENTED,
    })
    expect(await grpcCall(grpc.port, ca, '/data/get', await authorized())).toMatchObject({
      value: { subject: 'ann' },
    })
  })

  test('a wrong token is refused', async () => {
    expect(await grpcCall(grpc.port, ca, '/data/get', await authorized({ exp: 1 }))).toEqual({
      code: status.UNAUTHENTICATED,
      details: 'the token has expired',
    })
  })
})

test('no line of the log and no event has a part of a token', () => {
  for (const { records, refused } of [api, grpc])
    expect(JSON.stringify([records, refused])).not.toContain('eyJ')
})
