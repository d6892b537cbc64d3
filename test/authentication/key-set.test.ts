import { describe, expect, test } from 'vitest'
import type { JwtVerification } from '../../src/core/settings/authentication.js'
import { jwtScheme, KEY_SET, type KeyPair, Provider, p256, published, rsa, sign, subject } from './support.js'

const pair = p256()
const byUrl: Partial<JwtVerification> = {
  key: { kind: 'jwks', url: 'https://id.example/keys', ...KEY_SET },
  algorithms: ['ES256', 'RS256'],
}

async function providerOf(...keys: readonly object[]): Promise<Provider> {
  const provider = new Provider()
  provider.documents['/keys'] = { keys }
  return provider
}

const signed = (kid: string, by: KeyPair = pair, claims: object = {}) =>
  sign({ ...claims }, { alg: 'ES256', key: by.privateKey, kid })

describe('the keys of an identity provider', () => {
  test('are fetched once, for all tokens that arrive meanwhile', async () => {
    const provider = await providerOf(await published(pair, 'a'))
    const { identify } = subject(jwtScheme(byUrl), provider.request)
    const tokens = await Promise.all([1, 2, 3, 4, 5].map((jti) => signed('a', pair, { jti: String(jti) })))
    const callers = await Promise.all(tokens.map((token) => identify(token)))
    expect(callers.map(({ kind }) => kind)).toEqual(Array(5).fill('known'))
    expect(provider.asked).toEqual(['https://id.example/keys'])
  })

  test('1,000 tokens with bogus keys cost one fetch for each cooldown', async () => {
    const provider = await providerOf(await published(pair, 'a'))
    const { identify, clock } = subject(jwtScheme(byUrl), provider.request)
    await identify(await signed('a'))
    const stranger = p256()
    const bogus = await Promise.all(Array.from({ length: 1_000 }, (_, i) => signed(`bogus-${i}`, stranger)))
    const flood = async () => {
      const callers = await Promise.all(bogus.map((token) => identify(token)))
      expect(new Set(callers.map((caller) => JSON.stringify(caller)))).toEqual(
        new Set([JSON.stringify({ kind: 'invalid', reason: 'the token was signed with an unknown key' })]),
      )
    }
    await flood()
    // The first fetch of all was a moment ago.
    expect(provider.asked).toHaveLength(1)
    for (const fetches of [2, 3]) {
      await clock.advance(KEY_SET.cooldownMs)
      await flood()
      await flood()
      expect(provider.asked).toHaveLength(fetches)
    }
  })

  test('a new key is found after the cooldown, and a withdrawn one ends its tokens', async () => {
    const provider = await providerOf(await published(pair, 'a'))
    const { identify, clock } = subject(jwtScheme(byUrl), provider.request)
    const old = await signed('a')
    expect(await identify(old)).toMatchObject({ kind: 'known' })
    const next = p256()
    provider.documents['/keys'] = { keys: [await published(next, 'b')] }
    const fresh = await signed('b', next)
    expect(await identify(fresh)).toMatchObject({ kind: 'invalid' })
    await clock.advance(KEY_SET.cooldownMs)
    expect(await identify(fresh)).toMatchObject({ kind: 'known' })
    // It was remembered as valid.
    expect(await identify(old)).toMatchObject({ kind: 'invalid' })
  })

  test('are fetched again though every token is remembered, and a withdrawn key ends them', async () => {
    const provider = await providerOf(await published(pair, 'a'))
    const { identify, clock } = subject(jwtScheme(byUrl), provider.request)
    const token = await signed('a')
    expect(await identify(token)).toMatchObject({ kind: 'known' })
    provider.documents['/keys'] = { keys: [await published(p256(), 'b')] }
    // While the keys are fetched, those in use go on.
    await clock.advance(KEY_SET.maxAgeMs)
    expect(await identify(token)).toMatchObject({ kind: 'known' })
    await clock.advance(0)
    expect(await identify(token)).toMatchObject({ kind: 'invalid' })
    expect(provider.asked).toHaveLength(2)
  })

  test('end remembered tokens too when they are too old', async () => {
    const provider = await providerOf(await published(pair, 'a'))
    const { identify, clock } = subject(jwtScheme(byUrl), provider.request)
    const token = await signed('a', pair, { exp: 1_700_000_000 + 7 * 86_400 })
    expect(await identify(token)).toMatchObject({ kind: 'known' })
    provider.isAway = true
    await clock.advance(KEY_SET.maxAgeMs + KEY_SET.maxStaleMs)
    expect(await identify(token)).toMatchObject({ kind: 'unavailable' })
  })

  test('go on while the provider is away for an hour, and for no longer than max_stale', async () => {
    const provider = await providerOf(await published(pair, 'a'))
    const { identify, clock, records } = subject(jwtScheme(byUrl), provider.request)
    const late = { exp: 1_700_000_000 + 7 * 86_400 }
    expect(await identify(await signed('a', pair, late))).toMatchObject({ kind: 'known' })
    provider.isAway = true
    for (let minutes = 0; minutes < 60; minutes++) {
      await clock.advance(60_000)
      const token = await signed('a', pair, { ...late, jti: String(minutes) })
      expect(await identify(token)).toMatchObject({ kind: 'known' })
    }
    // Asked again after the age of ten minutes, but not for each token.
    expect(provider.asked.length).toBeGreaterThan(1)
    expect(provider.asked.length).toBeLessThanOrEqual(1 + 51)
    expect(records).toHaveLength(1)
    expect(records[0]).toMatchObject({ level: 'warn', reason: 'connect ECONNREFUSED' })
    await clock.advance(KEY_SET.maxStaleMs)
    const token = await signed('a', pair, { ...late, jti: 'too late' })
    expect(await identify(token)).toMatchObject({ kind: 'unavailable' })
    provider.isAway = false
    await clock.advance(1_000)
    expect(await identify(token)).toMatchObject({ kind: 'known' })
  })

  test('that cannot be fetched at the start refuse callers as unavailable, and are asked for again soon', async () => {
    const provider = await providerOf(await published(pair, 'a'))
    provider.isAway = true
    const { authentication, identify, clock } = subject(jwtScheme(byUrl), provider.request)
    const token = await signed('a')
    const caller = await identify(token)
    expect(caller).toMatchObject({ kind: 'unavailable' })
    expect(authentication.access('m', caller)).toMatchObject({ refusal: { kind: 'unavailable' } })
    await identify(token)
    expect(provider.asked).toHaveLength(1)
    provider.isAway = false
    await clock.advance(1_000)
    expect(await identify(token)).toMatchObject({ kind: 'known' })
  })

  test('a fetch that does not end is given up, and a later one is tried', async () => {
    const provider = await providerOf(await published(pair, 'a'))
    let hangs = true
    const { identify, clock } = subject(jwtScheme(byUrl), (url, request, signal) =>
      hangs
        ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        : provider.request(url, request, signal),
    )
    const waiting = identify(await signed('a'))
    await clock.advance(KEY_SET.timeoutMs)
    expect(await waiting).toMatchObject({ kind: 'unavailable' })
    hangs = false
    await clock.advance(1_000)
    expect(await identify(await signed('a'))).toMatchObject({ kind: 'known' })
  })

  test.each([
    ['for encryption', { use: 'enc' }],
    ['with other operations', { use: undefined, key_ops: ['encrypt'] }],
    ['for another algorithm', { alg: 'ES384' }],
  ])('a key %s verifies nothing', async (_, more) => {
    const provider = await providerOf(await published(pair, 'a', more), await published(rsa(), 'r'))
    const { identify } = subject(jwtScheme(byUrl), provider.request)
    expect(await identify(await signed('a'))).toMatchObject({ kind: 'invalid' })
  })

  test('a shared secret in the set is ignored', async () => {
    const k = Buffer.from('x'.repeat(32)).toString('base64url')
    const provider = await providerOf({ kty: 'oct', k, kid: 'a' }, await published(pair, 'b'))
    const { identify } = subject(jwtScheme({ ...byUrl, algorithms: ['HS256', 'ES256'] }), provider.request)
    const { createSecretKey } = await import('node:crypto')
    const token = await sign(
      {},
      { alg: 'HS256', key: createSecretKey(Buffer.from('x'.repeat(32))), kid: 'a' },
    )
    expect(await identify(token)).toMatchObject({ kind: 'invalid' })
  })

  test('a token without the id of its key needs a set in which one key alone fits', async () => {
    const one = await providerOf(await published(pair, 'a'), await published(rsa(), 'r'))
    const token = await sign({}, { alg: 'ES256', key: pair.privateKey })
    expect(await subject(jwtScheme(byUrl), one.request).identify(token)).toMatchObject({ kind: 'known' })
    const two = await providerOf(await published(pair, 'a'), await published(p256(), 'b'))
    expect(await subject(jwtScheme(byUrl), two.request).identify(token)).toMatchObject({ kind: 'invalid' })
  })
})

describe('an issuer', () => {
  const issuer = 'https://id.example/realm'
  const byIssuer: Partial<JwtVerification> = {
    key: { kind: 'issuer', issuer, ...KEY_SET },
    algorithms: ['ES256'],
    issuers: [issuer],
  }
  const token = () => sign({ iss: issuer }, { alg: 'ES256', key: pair.privateKey, kid: 'a' })

  test.each([
    ['OpenID Connect', '/realm/.well-known/openid-configuration'],
    ['RFC 8414', '/.well-known/oauth-authorization-server/realm'],
  ])('says where its keys are (%s)', async (_, path) => {
    const provider = await providerOf(await published(pair, 'a'))
    provider.documents[path] = { issuer, jwks_uri: 'https://id.example/keys' }
    const { identify } = subject(jwtScheme(byIssuer), provider.request)
    expect(await identify(await token())).toMatchObject({ kind: 'known' })
  })

  test.each([
    ['for another issuer', { issuer: 'https://id.example/other', jwks_uri: 'https://id.example/keys' }],
    ['with keys over plain HTTP', { issuer, jwks_uri: 'http://id.example/keys' }],
    ['without keys', { issuer }],
  ])('is not believed by a document %s', async (_, document) => {
    const provider = await providerOf(await published(pair, 'a'))
    provider.documents['/realm/.well-known/openid-configuration'] = document
    const { identify } = subject(jwtScheme(byIssuer), provider.request)
    expect(await identify(await token())).toMatchObject({ kind: 'unavailable' })
  })
})
