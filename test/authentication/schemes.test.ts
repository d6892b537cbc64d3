import { createHash, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, type JWTPayload, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import type { Credentials } from '../../src/core/adapter/authentication.js'
import type { DpopSettings, SchemeSettings } from '../../src/core/settings/authentication.js'
import { jwtScheme, type KeyPair, p256, sign, subject, TOKEN_RULES } from './support.js'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('fixed tokens', () => {
  const scheme: SchemeSettings = {
    type: 'bearer',
    maxToken: 1_000,
    tokens: [
      { subject: 'ci', secret: { kind: 'text', text: 'a-long-enough-token' }, scopes: ['deploy'], roles: [] },
      {
        subject: 'ops',
        secret: { kind: 'sha256', digest: sha256('another-token-of-ops') },
        scopes: [],
        roles: ['op'],
      },
    ],
  }
  const { authentication, identify } = subject(scheme)

  test('are known as text and by their hash', async () => {
    expect(await identify('a-long-enough-token')).toMatchObject({
      identity: { subject: 'ci', scopes: ['deploy'], scheme: 'bearer' },
    })
    expect(await identify('another-token-of-ops')).toMatchObject({
      identity: { subject: 'ops', roles: ['op'] },
    })
  })

  test('the hash itself is not a token, nor is anything else', async () => {
    for (const token of [sha256('another-token-of-ops'), 'a-long-enough-toke', 'x'.repeat(1_001), ' '])
      expect(await identify(token)).toMatchObject({ kind: 'invalid' })
    expect(authentication.identify({ authorization: 'Basic YTpi' })).toMatchObject({ kind: 'invalid' })
  })
})

describe('user names and passwords', () => {
  const { authentication } = subject({
    type: 'basic',
    users: [
      { subject: 'ann', secret: { kind: 'text', text: 'pa:ss wörd' }, scopes: [], roles: ['admin'] },
      { subject: 'bob', secret: { kind: 'sha256', digest: sha256('hunter2') }, scopes: [], roles: [] },
    ],
  })
  const login = (pair: string) =>
    authentication.identify({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` })

  test('identify a user', () => {
    expect(login('ann:pa:ss wörd')).toMatchObject({
      identity: { subject: 'ann', roles: ['admin'], scheme: 'basic' },
    })
    expect(login('bob:hunter2')).toMatchObject({ identity: { subject: 'bob' } })
  })

  test.each(['ann:hunter2', 'bob:pa:ss wörd', 'eve:hunter2', 'ann', 'ann:', ':', 'ann:pa:ss wörd '])(
    '%s is refused',
    (pair) => {
      expect(login(pair)).toMatchObject({ kind: 'invalid' })
    },
  )

  test('are asked for by a challenge', () => {
    const access = authentication.access('m', { kind: 'anonymous' })
    expect(access).toMatchObject({ refusal: { challenge: 'Basic realm="api", charset="UTF-8"' } })
  })
})

describe('certificates', () => {
  const certificate = (commonName: string, ...alternativeNames: string[]) => ({
    certificate: () => ({ commonName, alternativeNames, thumbprint: 't' }),
  })

  test('of the authority are accepted without rules', () => {
    const { authentication } = subject({ type: 'mtls', rules: [] })
    expect(authentication.identify(certificate('edge-1'))).toMatchObject({
      identity: { subject: 'edge-1', scheme: 'mtls' },
    })
    expect(authentication.identify({})).toEqual({ kind: 'anonymous' })
  })

  test('are accepted by the first rule that fits', () => {
    const { authentication } = subject({
      type: 'mtls',
      rules: [
        { commonName: 'admin', scopes: ['all'], roles: [] },
        { alternativeName: 'DNS:*.edge.example', scopes: [], roles: ['edge'] },
        { alternativeName: 'URI:spiffe://acme/billing/*', scopes: [], roles: ['billing'] },
      ],
    })
    const identify = (of: Credentials) => authentication.identify(of)
    expect(identify(certificate('admin'))).toMatchObject({ identity: { scopes: ['all'] } })
    expect(identify(certificate('', 'DNS:A.edge.example'))).toMatchObject({ identity: { roles: ['edge'] } })
    expect(identify(certificate('x', 'URI:spiffe://acme/billing/eu'))).toMatchObject({
      identity: { roles: ['billing'] },
    })
    for (const of of [
      certificate('admin2'),
      certificate('x', 'DNS:a.b.edge.example'),
      certificate('x', 'DNS:edge.example'),
      certificate('x', 'DNS:axedge.example'),
      certificate('x', 'URI:spiffe://acme/billing/eu/x'),
      certificate('DNS:a.edge.example'),
    ])
      expect(identify(of)).toEqual({ kind: 'invalid', reason: 'no rule admits the certificate' })
  })
})

describe('introspection', () => {
  const scheme: SchemeSettings = {
    type: 'oauth2',
    ...TOKEN_RULES,
    introspectionUrl: 'https://id.example/introspect',
    clientId: 'api',
    clientSecret: 'the secret of the api',
    clientAuth: 'basic',
    audiences: ['api'],
    cacheForMs: 30_000,
    timeoutMs: 5_000,
  }
  const active = { active: true, sub: 'ann', aud: ['api'], scope: 'read', exp: 1_700_000_600 }

  function server(answer: () => object | string | Promise<never>) {
    const asked: string[] = []
    const made = subject(scheme, async (_url, { body, headers }) => {
      asked.push(body)
      expect(headers.authorization).toMatch(/^Basic /)
      const given = await answer()
      const text = typeof given === 'string' ? given : JSON.stringify(given)
      return new Response(text, { headers: { 'content-type': 'application/json' } })
    })
    return { ...made, asked }
  }

  test('asks once, and remembers the answer for a while', async () => {
    const { identify, asked, clock } = server(() => active)
    const callers = await Promise.all([identify('opaque'), identify('opaque')])
    for (const caller of [...callers, await identify('opaque')])
      expect(caller).toMatchObject({ identity: { subject: 'ann', scopes: ['read'], scheme: 'oauth2' } })
    expect(asked).toEqual(['token=opaque'])
    await clock.advance(30_000)
    await identify('opaque')
    expect(asked).toHaveLength(2)
  })

  test.each([
    [{ active: false }, 'the token is not active'],
    [{ ...active, exp: 1_699_999_999 }, 'the token has expired'],
    [{ ...active, aud: 'others' }, 'the token is for another audience'],
    [{ ...active, nbf: 1_700_000_100 }, 'the token is not valid yet'],
  ])('refuses %j', async (answer, reason) => {
    expect(await server(() => answer).identify('opaque')).toEqual({ kind: 'invalid', reason })
  })

  test.each([
    ['{"active":false,"active":true,"sub":"ann","aud":"api"}'],
    ['{"active":true,"sub":"ann","aud":"api","\\u0073ub":"bob"}'],
    ['{"active":true,"sub":"ann","aud":"api","cnf":{"jkt":"a","jkt":"b"}}'],
  ])('cannot tell from an answer with duplicate members: %s', async (answer) => {
    expect(await server(() => answer).identify('opaque')).toMatchObject({ kind: 'unavailable' })
  })

  test('cannot tell while the server is away', async () => {
    const { identify } = server(() => Promise.reject(new Error('ECONNREFUSED the secret of the api')))
    expect(await identify('opaque')).toEqual({
      kind: 'unavailable',
      reason: 'the authorization server cannot be asked about the token',
    })
  })
})

describe('proofs of possession', () => {
  const settings: DpopSettings = { isRequired: false, maxAgeMs: 60_000, maxProofs: 100 }
  const request = { method: 'POST', url: 'https://api.example/rpc?x=1' }
  const pair = p256()
  const NOW = 1_700_000_000

  const bound = async (to: KeyPair = pair) =>
    sign({ cnf: { jkt: await calculateJwkThumbprint(await exportJWK(to.publicKey)) } })

  async function proof(
    token: string,
    claims: JWTPayload = {},
    by: KeyPair = pair,
    header: object = {},
  ): Promise<string> {
    const ath = createHash('sha256').update(token).digest('base64url')
    return new SignJWT({
      htm: 'POST',
      htu: 'https://api.example/rpc',
      iat: NOW,
      jti: randomUUID(),
      ath,
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(by.publicKey), ...header })
      .sign(by.privateKey)
  }

  const made = (more: Partial<DpopSettings> = {}) => {
    const { authentication, clock } = subject(jwtScheme({ dpop: { ...settings, ...more } }))
    const call = async (token: string, proofs: readonly string[], at: Credentials['request'] = request) =>
      authentication.identify({ authorization: `DPoP ${token}`, proofs, ...(at && { request: at }) })
    return { authentication, clock, call }
  }

  test('are accepted once', async () => {
    const { call } = made()
    const token = await bound()
    const first = await proof(token)
    expect(await call(token, [first])).toMatchObject({ kind: 'known' })
    // The token is remembered now, the proof must not be accepted for that.
    expect(await call(token, [first])).toEqual({
      kind: 'invalid',
      reason: 'the proof was used before',
      isProof: true,
    })
    expect(await call(token, [await proof(token)])).toMatchObject({ kind: 'known' })
  })

  test.each<[string, JWTPayload, string]>([
    ['for another method', { htm: 'GET' }, 'the proof is for another HTTP method'],
    ['for another URL', { htu: 'https://api.example/other' }, 'the proof is for another URL'],
    ['for another host', { htu: 'https://evil.example/rpc' }, 'the proof is for another URL'],
    ['for another token', { ath: 'abc' }, 'the proof is for another token'],
    ['of the past', { iat: NOW - 61 }, 'the proof is not of this time'],
    ['of the future', { iat: NOW + 61 }, 'the proof is not of this time'],
    ['without an id', { jti: '' }, 'the proof has no id'],
  ])('%s are refused', async (_, claims, reason) => {
    const token = await bound()
    expect(await made().call(token, [await proof(token, claims)])).toEqual({
      kind: 'invalid',
      reason,
      isProof: true,
    })
  })

  test('of another key, of another type, or more than one are refused', async () => {
    const { call } = made()
    const token = await bound()
    const other = p256()
    for (const proofs of [
      [await proof(token, {}, other)],
      [await proof(token, {}, other, { jwk: await exportJWK(pair.publicKey) })],
      [await proof(token, {}, pair, { jwk: await exportJWK(pair.privateKey) })],
      [await proof(token, {}, pair, { typ: 'JWT' })],
      [await proof(token), await proof(token)],
      [],
      ['x'.repeat(9_000)],
      ['hunter2'],
    ])
      expect(await call(token, proofs)).toMatchObject({ kind: 'invalid', isProof: true })
  })

  test('are needed for a token that is bound, and refused for one that is not', async () => {
    const { authentication, call } = made()
    const token = await bound()
    expect(await authentication.identify({ authorization: `Bearer ${token}` })).toMatchObject({
      kind: 'invalid',
    })
    const free = await sign({})
    expect(await call(free, [await proof(free)])).toMatchObject({ kind: 'invalid' })
    expect(await authentication.identify({ authorization: `Bearer ${free}` })).toMatchObject({
      kind: 'known',
    })
    const strict = made({ isRequired: true }).authentication
    expect(await strict.identify({ authorization: `Bearer ${free}` })).toMatchObject({ kind: 'invalid' })
  })

  test('are remembered up to a limit: beyond it calls are refused, never accepted twice', async () => {
    const { call, clock } = made({ maxProofs: 3 })
    const token = await bound()
    const proofs = [await proof(token), await proof(token), await proof(token)]
    for (const each of proofs) await call(token, [each])
    expect(await call(token, [await proof(token)])).toMatchObject({ kind: 'unavailable' })
    expect(await call(token, [proofs[0]!])).toMatchObject({ kind: 'invalid' })
    await clock.advance(60_001)
    expect(await call(token, [await proof(token, { iat: NOW + 60 })])).toMatchObject({ kind: 'known' })
  })

  test('of one key leave room for those of others', async () => {
    const { call } = made({ maxProofs: 10 })
    const token = await bound()
    for (let i = 0; i < 10; i++) await call(token, [await proof(token)])
    expect(await call(token, [await proof(token)])).toMatchObject({ kind: 'unavailable' })
    const other = p256()
    const theirs = await bound(other)
    expect(await call(theirs, [await proof(theirs, {}, other)])).toMatchObject({ kind: 'known' })
  })

  test('name the URL that callers see, where a proxy is in front', async () => {
    const { call } = made({ publicUrl: 'https://api.example' })
    const token = await bound()
    const behind = { method: 'POST', url: 'http://10.0.0.1:8080/rpc' }
    expect(await call(token, [await proof(token)], behind)).toMatchObject({ kind: 'known' })
  })
})
