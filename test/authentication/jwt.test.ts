import { createHmac, createPublicKey, createSecretKey } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { forged, jwtScheme, p256, rsa, SECRET, sign, subject } from './support.js'

const HS = '{"alg":"HS256"}'
const refused = (reason: string) => ({ kind: 'invalid', reason })

function pemFile(pem: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'nemo-key-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'key.pem')
  writeFileSync(file, pem)
  return file
}

describe('a valid token', () => {
  test('gives the identity of its claims', async () => {
    const { identify } = subject(jwtScheme())
    const claims = { scope: 'orders.read orders.write', roles: ['admin'], tenant: 'acme' }
    expect(await identify(await sign(claims))).toMatchObject({
      kind: 'known',
      identity: {
        subject: 'ann',
        scopes: ['orders.read', 'orders.write'],
        roles: ['admin'],
        claims: { tenant: 'acme' },
        scheme: 'jwt',
      },
    })
  })

  test('may have its roles in an object, and its scopes in a list', async () => {
    const { identify } = subject(jwtScheme({ rolesClaim: 'realm_access.roles' }))
    const token = await sign({ scp: ['a', 'b'], realm_access: { roles: ['r'] } })
    expect(await identify(token)).toMatchObject({ identity: { scopes: ['a', 'b'], roles: ['r'] } })
  })

  test('is verified with the public key of each kind, by the algorithms of that key', async () => {
    for (const [pair, alg] of [
      [rsa(), 'RS256'],
      [rsa(), 'PS512'],
      [p256(), 'ES256'],
    ] as const) {
      const file = pemFile(String(pair.publicKey.export({ type: 'spki', format: 'pem' })))
      const { identify } = subject(jwtScheme({ key: { kind: 'pem', file }, algorithms: [alg] }))
      expect(await identify(await sign({}, { alg, key: pair.privateKey }))).toMatchObject({ kind: 'known' })
    }
  })

  test('is remembered until it expires, not longer', async () => {
    const { authentication, identify, clock } = subject(jwtScheme())
    const authorization = `Bearer ${await sign({})}`
    expect(authentication.identify({ authorization })).toBeInstanceOf(Promise)
    await identify(authorization.slice('Bearer '.length))
    const remembered = authentication.identify({ authorization })
    expect(remembered).toMatchObject({ kind: 'known' })
    await clock.advance(3_600_000 + 5_001)
    expect(await authentication.identify({ authorization })).toEqual(refused('the token has expired'))
    // One that was identified before it expired, as on a socket, is refused too.
    expect(authentication.access('m', remembered as never)).toMatchObject({ isAllowed: false })
  })
})

describe('a token is refused', () => {
  test('with the algorithm none, in any case of letters', async () => {
    const { identify } = subject(jwtScheme())
    for (const alg of ['none', 'None', 'NONE', 'nOnE'])
      for (const signature of ['', 'AAAA']) {
        const token = forged(JSON.stringify({ alg }), '{"sub":"ann","exp":9999999999}', signature)
        expect(await identify(token)).toMatchObject({ kind: 'invalid' })
      }
  })

  test('if it was signed with the public key as a shared secret', async () => {
    const { publicKey } = rsa()
    const pem = String(publicKey.export({ type: 'spki', format: 'pem' }))
    const { identify } = subject(
      jwtScheme({ key: { kind: 'pem', file: pemFile(pem) }, algorithms: ['RS256', 'PS256'] }),
    )
    for (const secret of [pem, pem.trim()]) {
      const token = await sign({}, { alg: 'HS256', key: createSecretKey(secret, 'utf8') })
      expect(await identify(token)).toEqual(
        refused('the token was signed with an algorithm that is not allowed'),
      )
    }
  })

  test('even where a careless list allows both kinds of algorithms', async () => {
    const { publicKey } = rsa()
    const pem = String(publicKey.export({ type: 'spki', format: 'pem' }))
    const { identify } = subject(
      jwtScheme({ key: { kind: 'pem', file: pemFile(pem) }, algorithms: ['RS256', 'HS256'] }),
    )
    const token = await sign({}, { alg: 'HS256', key: createSecretKey(pem, 'utf8') })
    expect(await identify(token)).toMatchObject({ kind: 'invalid' })
  })

  test('if it brings its own key', async () => {
    const { identify } = subject(jwtScheme({ algorithms: ['RS256'] }))
    const { privateKey } = rsa()
    const jwk = createPublicKey(privateKey).export({ format: 'jwk' })
    const token = await sign({}, { alg: 'RS256', key: privateKey, jwk, jku: 'http://127.0.0.1:1/keys' })
    expect(await identify(token)).toMatchObject({ kind: 'invalid' })
  })

  test.each([
    ['for another audience', { aud: 'others' }, 'the token is for another audience'],
    ['for no audience', {}, 'the token is for another audience'],
    ['from another issuer', { aud: 'api', iss: 'https://evil.example' }, 'the token is from another issuer'],
    ['expired', { aud: 'api', iss: 'https://id', exp: 1_699_999_990 }, 'the token has expired'],
    ['not yet valid', { aud: 'api', iss: 'https://id', nbf: 1_700_000_010 }, 'the token is not valid yet'],
    [
      'whose expiry is text',
      { aud: 'api', iss: 'https://id', exp: '9999999999' as never },
      'the claim "exp" of the token must be a number',
    ],
    [
      'whose subject is a number',
      { aud: 'api', iss: 'https://id', sub: 7 as never },
      'the claim "sub" of the token must be a text',
    ],
    [
      'without an expiry',
      { aud: 'api', iss: 'https://id', exp: undefined as never },
      'the token lacks the claim "exp"',
    ],
  ])('%s', async (_, claims, reason) => {
    const { identify } = subject(jwtScheme({ audiences: ['api', 'other'], issuers: ['https://id'] }))
    expect(await identify(await sign({ iss: 'https://id', ...claims }))).toEqual(refused(reason))
  })

  test('within the tolerance of clocks it is not', async () => {
    const { identify } = subject(jwtScheme())
    expect(await identify(await sign({ exp: 1_699_999_996, nbf: 1_700_000_004 }))).toMatchObject({
      kind: 'known',
    })
  })

  test('with any part of it changed', async () => {
    const { identify } = subject(jwtScheme())
    const [header, payload, signature] = (await sign({ role: 'user' })).split('.') as [string, string, string]
    const claims = Buffer.from(payload, 'base64url').toString().replace('user', 'root')
    const tampered = Buffer.from(claims).toString('base64url')
    for (const token of [
      `${header}.${tampered}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}.${payload}.${signature}.`,
      `${header}.${payload}.${signature}=`,
      `${header}.${payload}. ${signature}`,
    ])
      expect(await identify(token)).toMatchObject({ kind: 'invalid' })
  })

  test('too long, before anything of it is read', async () => {
    const { authentication } = subject(jwtScheme({ maxToken: 300 }))
    const authorization = `Bearer ${await sign({ x: 'y'.repeat(300) })}`
    // At once: nothing was hashed or parsed.
    expect(authentication.identify({ authorization })).toEqual(refused('the token is too long'))
  })

  test('with duplicate members in its header or its claims, however they are written', async () => {
    const { identify } = subject(jwtScheme())
    const hmac = async (header: string, payload: string) => {
      const { createHmac } = await import('node:crypto')
      const [head, body] = forged(header, payload).split('.')
      const signature = createHmac('sha256', SECRET).update(`${head}.${body}`).digest('base64url')
      return `${head}.${body}.${signature}`
    }
    expect(await identify(await hmac(HS, '{"sub":"ann","exp":9999999999}'))).toMatchObject({ kind: 'known' })
    const twice = 'of the token must be a JSON object without duplicate members'
    for (const payload of [
      '{"sub":"ann","sub":"root","exp":9999999999}',
      '{"sub":"ann","s\\u0075b" : "root","exp":9999999999}',
      '{"sub":"ann","exp":9999999999,"cnf":{"jkt":"a","jkt":"b"}}',
      '{"sub":"ann","exp":9999999999,"list":[{"a":1},{"a":1,"a":2}]}',
    ])
      expect(await identify(await hmac(HS, payload))).toEqual(refused(`the payload ${twice}`))
    expect(await identify(await hmac('{"alg":"HS256","alg":"HS256"}', '{"exp":9999999999}'))).toEqual(
      refused(`the header ${twice}`),
    )
  })

  test('with an extension that must be understood', async () => {
    const { identify } = subject(jwtScheme())
    const token = forged('{"alg":"HS256","crit":["exp"]}', '{"exp":9999999999}')
    expect(await identify(token)).toEqual(refused('the token needs an extension that is not supported'))
    expect(await identify(forged('{"alg":"HS256","b64":false}', '{}'))).toMatchObject({ kind: 'invalid' })
  })

  test('of another type, where one is asked for', async () => {
    const { identify } = subject(jwtScheme({ tokenType: 'at+jwt' }))
    expect(await identify(await sign({}, { typ: 'JWT' }))).toEqual(refused('the token is of another type'))
    expect(await identify(await sign({}, { typ: 'application/at+JWT' }))).toMatchObject({ kind: 'known' })
  })

  test('bound to a key, without a proof of it', async () => {
    const { identify } = subject(jwtScheme())
    expect(await identify(await sign({ cnf: { jkt: 'abc' } }))).toMatchObject({
      kind: 'invalid',
      isProof: true,
    })
    expect(await identify(await sign({ cnf: { unknown: 'abc' } }))).toMatchObject({ kind: 'invalid' })
    expect(await identify(await sign({ cnf: 'abc' as never }))).toMatchObject({ kind: 'invalid' })
    expect(await identify(await sign({ cnf: { jkt: 7 } as never }))).toMatchObject({ kind: 'invalid' })
  })

  test('bound to the certificate of another caller', async () => {
    const { identify } = subject(jwtScheme())
    const token = await sign({ cnf: { 'x5t#S256': 'mine' } })
    const certificate = (thumbprint: string) => () => ({ commonName: '', alternativeNames: [], thumbprint })
    const wrong = refused('the token is bound to another certificate')
    // Twice: the first is verified, the second is remembered.
    for (let i = 0; i < 2; i++) {
      expect(await identify(token)).toEqual(wrong)
      expect(await identify(token, { certificate: certificate('yours') })).toEqual(wrong)
      expect(await identify(token, { certificate: certificate('mine') })).toMatchObject({ kind: 'known' })
    }
  })

  test('that is not bound to a certificate, where it must be', async () => {
    const { identify } = subject(jwtScheme({ certificateBound: true }))
    expect(await identify(await sign({}))).toEqual(refused('the token is not bound to a certificate'))
  })

  test('of another scheme, or none at all', async () => {
    const { authentication } = subject(jwtScheme())
    for (const authorization of [
      'Basic YTpi',
      'Bearer',
      'Bearer ',
      'Bearer a b',
      `Bearer ${await sign({})}, Bearer x`,
    ])
      expect(await authentication.identify({ authorization })).toMatchObject({ kind: 'invalid' })
    expect(authentication.identify({})).toEqual({ kind: 'anonymous' })
  })

  test('and no reason and no line of the log has a part of it', async () => {
    const { identify, records } = subject(jwtScheme({ audiences: ['api'] }))
    const tokens = [
      await sign({ sub: 'hunter2' }),
      forged('{"alg":"hunter2"}', '{"sub":"hunter2"}'),
      'hunter2',
    ]
    for (const token of tokens) {
      const said = JSON.stringify(await identify(token))
      expect(said).not.toContain('hunter2')
      expect(said).not.toContain(token.slice(0, 20))
    }
    expect(records).toEqual([])
  })
})

describe('verified tokens', () => {
  test('are remembered up to the limit', async () => {
    const { authentication, identify } = subject(jwtScheme({ cacheSize: 2 }))
    const tokens = await Promise.all([1, 2, 3].map((jti) => sign({ jti: String(jti) })))
    for (const token of tokens) await identify(token)
    const isRemembered = (token: string) =>
      !(authentication.identify({ authorization: `Bearer ${token}` }) instanceof Promise)
    expect(tokens.map(isRemembered)).toEqual([false, true, true])
  })
})

test('a token whose expiry is beyond all numbers is refused, because it would never expire', async () => {
  const parts = ['{"alg":"HS256"}', '{"sub":"ann","exp":1e400}'].map((part) =>
    Buffer.from(part).toString('base64url'),
  )
  const signature = createHmac('sha256', SECRET).update(parts.join('.')).digest('base64url')
  const { identify } = subject(jwtScheme())
  expect(await identify([...parts, signature].join('.'))).toEqual(
    refused('the claim "exp" of the token must be a number'),
  )
})

test('the file of a public key is read again though every token is remembered', async () => {
  const [pair, next] = [p256(), p256()]
  const file = pemFile(String(pair.publicKey.export({ type: 'spki', format: 'pem' })))
  const { identify, clock } = subject(jwtScheme({ key: { kind: 'pem', file }, algorithms: ['ES256'] }))
  const token = await sign({}, { alg: 'ES256', key: pair.privateKey })
  expect(await identify(token)).toMatchObject({ kind: 'known' })
  writeFileSync(file, String(next.publicKey.export({ type: 'spki', format: 'pem' })))
  await clock.advance(5_000)
  // The first of these calls reads the file, and nobody waits for it.
  await expect.poll(async () => (await identify(token)).kind).toBe('invalid')
})
