import { createHash, generateKeyPairSync, randomUUID, X509Certificate } from 'node:crypto'
import { status } from '@grpc/grpc-js'
import { calculateJwkThumbprint, exportJWK, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Caller, call, Files, grpcCall, post, type Running, SECRET, serve, token } from './support.js'

const files = new Files()
const ca = files.authority.ca
const listen = { port: 0, tls: true, cert: files.cert, key: files.key }
const jwt = { type: 'jwt', secret: SECRET } as const
const method = {
  open: { auth: 'none' },
  maybe: { auth: 'optional' },
  write: { scope: 'orders.write' },
  manage: { roles: ['admin', 'clerk'] },
} as const
const methods = ['open', 'maybe', 'write', 'manage', 'other']

let api: Running
let grpc: Running
let bound: Running
beforeAll(async () => {
  const shop = Object.fromEntries(Object.entries(method).map(([name, rule]) => [`shop.Shop/${name}`, rule]))
  ;[api, grpc, bound] = await Promise.all([
    serve(
      { servers: { api: { type: 'json-rpc', listen, auth: { ...jwt, dpop: {} }, method } } },
      { name: 'api', methods },
    ),
    serve(
      { servers: { api: { type: 'grpc', format: 'json', listen, auth: jwt, method: shop } } },
      { name: 'api', methods: methods.map((name) => `shop.Shop/${name}`) },
    ),
    serve(
      {
        servers: {
          api: {
            type: 'json-rpc',
            listen: { ...listen, client_ca: files.ca },
            auth: { ...jwt, certificate_bound: true },
          },
        },
      },
      { name: 'api', methods: ['who'] },
    ),
  ])
})
afterAll(async () => {
  await Promise.all([api, grpc, bound].map((each) => each?.gateway.shutdown({ timeout: 100 })))
  files.remove()
})

const bearer = async (claims: JWTPayload = {}) => ({ authorization: `Bearer ${await token(claims)}` })

describe('the rule of a method', () => {
  test.each<[string, JWTPayload | undefined, number, number]>([
    ['open', undefined, 200, status.OK],
    ['maybe', undefined, 200, status.OK],
    ['maybe', {}, 200, status.OK],
    ['maybe', { exp: 1 }, 401, status.UNAUTHENTICATED],
    ['write', undefined, 401, status.UNAUTHENTICATED],
    ['write', {}, 403, status.PERMISSION_DENIED],
    ['write', { scope: 'orders.read orders.write' }, 200, status.OK],
    ['manage', { roles: ['guest'] }, 403, status.PERMISSION_DENIED],
    ['manage', { roles: ['clerk'] }, 200, status.OK],
    ['other', undefined, 401, status.UNAUTHENTICATED],
    ['other', {}, 200, status.OK],
  ])('%s, called with %j', async (name, claims, http, code) => {
    const headers = claims === undefined ? {} : await bearer(claims)
    const answer = await post(api.port, ca, call(name), headers)
    expect(answer.status).toBe(http)
    if (http === 200)
      expect(answer.body.result).toMatchObject({ subject: claims === undefined ? null : 'ann' })
    else expect(answer.body.error!.code).toBe(http === 401 ? -32_001 : -32_003)
    if (http === 403) expect(answer.headers['www-authenticate']).toContain('error="insufficient_scope"')
    const called = await grpcCall(grpc.port, ca, `/shop.Shop/${name}`, headers)
    expect(called.code ?? status.OK).toBe(code)
  })

  test('applies however a gRPC method is written', async () => {
    // The block names it with a slash, callers by its path.
    expect((await grpcCall(grpc.port, ca, '/shop.Shop/write', await bearer())).code).toBe(
      status.PERMISSION_DENIED,
    )
  })

  test('applies to each call of a batch, whose status is that of a refusal only if all are refused', async () => {
    const mixed = await post(api.port, ca, [call('open', {}, 1), call('write', {}, 2), call('other', {}, 3)])
    expect(mixed).toMatchObject({
      status: 200,
      body: [
        { id: 1, result: {} },
        { id: 2, error: { code: -32_001 } },
        { id: 3, error: { code: -32_001 } },
      ],
    })
    expect((await post(api.port, ca, [call('write'), call('other')])).status).toBe(401)
  })

  test('applies to notifications, which are not called', async () => {
    const before = api.seen.length
    const answer = await post(api.port, ca, { jsonrpc: '2.0', method: 'other', params: [] })
    expect(answer).toMatchObject({ status: 401, body: {} })
    expect(api.seen.length).toBe(before)
  })

  test('applies to each message of a WebSocket', async () => {
    const caller = await Caller.open(api.port, ca, await bearer({ scope: 'orders.write' }))
    expect(await caller.ask('write')).toMatchObject({ result: { subject: 'ann' } })
    expect(await caller.ask('manage')).toMatchObject({ error: { code: -32_003 } })
    caller.close()
  })

  test('a WebSocket without a token may call what is open', async () => {
    const caller = await Caller.open(api.port, ca)
    expect(await caller.ask('open')).toMatchObject({ result: { subject: null } })
    expect(await caller.ask('write')).toMatchObject({ error: { code: -32_001 } })
    caller.close()
  })
})

describe('a token that is bound', () => {
  test('to a certificate is accepted from its owner alone', async () => {
    const [mine, yours] = ['mine', 'yours'].map((name) => files.authority.issue({ name }))
    const der = new X509Certificate(mine!.cert).raw
    const headers = await bearer({
      cnf: { 'x5t#S256': createHash('sha256').update(der).digest('base64url') },
    })
    expect(await post(bound.port, ca, call('who'), headers, mine)).toMatchObject({
      status: 200,
      body: { result: { subject: 'ann' } },
    })
    expect((await post(bound.port, ca, call('who'), headers, yours)).status).toBe(401)
    expect((await post(bound.port, ca, call('who'), await bearer(), mine)).status).toBe(401)
    await expect(post(bound.port, ca, call('who'), headers)).rejects.toThrow()
  })

  test('to a key is accepted with a new proof for each request', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = await exportJWK(publicKey)
    const access = await token({ cnf: { jkt: await calculateJwkThumbprint(jwk) } })
    const proof = () =>
      new SignJWT({
        htm: 'POST',
        htu: `https://localhost:${api.port}/`,
        ath: createHash('sha256').update(access).digest('base64url'),
        jti: randomUUID(),
      })
        .setIssuedAt()
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
        .sign(privateKey)
    const first = { authorization: `DPoP ${access}`, dpop: await proof() }
    expect((await post(api.port, ca, call('other'), first)).status).toBe(200)
    const again = await post(api.port, ca, call('other'), first)
    expect(again).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': expect.stringContaining('error="invalid_dpop_proof"') },
      body: { error: { data: { reason: 'the proof was used before' } } },
    })
    expect((await post(api.port, ca, call('other'), { ...first, dpop: await proof() })).status).toBe(200)
    expect((await post(api.port, ca, call('other'), { authorization: `Bearer ${access}` })).status).toBe(401)
  })
})

describe('certificates as the scheme', () => {
  test('identify the caller over HTTPS and gRPC', async () => {
    const running = await serve(
      {
        servers: {
          api: {
            type: 'json-rpc',
            listen: { ...listen, client_ca: files.ca },
            auth: { type: 'mtls', rules: [{ common_name: 'edge-*', roles: ['edge'] }] },
          },
        },
      },
      { name: 'api', methods: ['who'] },
    )
    const ask = (name: string) => post(running.port, ca, call('who'), {}, files.authority.issue({ name }))
    expect(await ask('edge-7')).toMatchObject({ status: 200, body: { result: { subject: 'edge-7' } } })
    expect(running.seen.at(-1)).toMatchObject({ roles: ['edge'], scheme: 'mtls' })
    // There is no challenge for certificates, so the status is not 401.
    expect((await ask('other')).status).toBe(403)
    await running.gateway.shutdown({ timeout: 100 })
  })
})
