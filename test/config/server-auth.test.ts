import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkConfig } from '../../src/config/load.js'
import { checkText, FIXTURES, places } from './support.js'

const SECRET = 'a secret of at least 32 characters'
const file = `${FIXTURES}syntax.hcl`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nemo-keys-'))
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
  for (const [name, { publicKey }] of Object.entries({ rsa, small }))
    writeFileSync(join(folder, `${name}.pem`), publicKey.export({ type: 'spki', format: 'pem' }))
})
afterAll(() => rmSync(folder, { recursive: true }))

const check = (inside: string, listen = 'port = 0') =>
  checkText(`server "api" {\n  type = "json-rpc"\n  listen {\n${listen}\n  }\n${inside}\n}`)

function authentication(inside: string, listen?: string) {
  const checked = check(inside, listen)
  expect(places(checked)).toEqual([])
  return checked.ok ? checked.config.servers[0]!.settings.authentication : undefined
}

const faults = (inside: string, listen?: string) =>
  check(inside, listen).diagnostics.map(({ message }) => message)

describe('the block auth of a server', () => {
  test('of type jwt has safe defaults', () => {
    expect(authentication(`auth {\n type = "jwt"\n secret = "${SECRET}"\n }`)).toEqual({
      scheme: {
        type: 'jwt',
        key: { kind: 'secret', secret: SECRET },
        algorithms: ['HS256'],
        issuers: [],
        audiences: [],
        requiredClaims: ['exp'],
        clockToleranceMs: 5_000,
        maxToken: 8_192,
        cacheSize: 10_000,
        scopesClaim: 'scope',
        rolesClaim: 'roles',
        certificateBound: false,
      },
      rule: { auth: 'required', scopes: [], roles: [] },
      methods: {},
    })
  })

  test('has the rule of methods, which may have their own', () => {
    const { rule, methods } = authentication(`auth {
      type    = "jwt"
      secret  = "${SECRET}"
      default = optional
      scope   = "api read"
    }
    method "health" { auth = none }
    method "write" {
      auth  = required
      scope = "orders.write"
      roles = ["admin", "clerk"]
    }`)!
    expect(rule).toEqual({ auth: 'optional', scopes: ['api', 'read'], roles: [] })
    expect(methods).toEqual({
      health: { auth: 'none', scopes: [], roles: [] },
      write: { auth: 'required', scopes: ['orders.write'], roles: ['admin', 'clerk'] },
    })
  })

  test('takes the algorithms from the kind of the key', () => {
    expect(authentication(`auth {\n type = "jwt"\n public_key = "${folder}/rsa.pem"\n }`)).toMatchObject({
      scheme: { algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] },
    })
    const jwks = 'auth {\n type = "jwt"\n jwks_url = "https://id.example/keys"\n audience = "api"\n }'
    const { scheme } = authentication(jwks)! as { scheme: { algorithms: readonly string[] } }
    expect(scheme.algorithms.filter((name) => name === 'none' || name.startsWith('HS'))).toEqual([])
  })

  test('finds the keys of an issuer', () => {
    const issuer =
      'auth {\n type = "jwt"\n issuer = "https://id.example/"\n audience = ["a", "b"]\n keys { max_stale = "1h" }\n }'
    expect(authentication(issuer)).toMatchObject({
      scheme: {
        key: { kind: 'issuer', issuer: 'https://id.example/', maxStaleMs: 3_600_000 },
        issuers: ['https://id.example/'],
        audiences: ['a', 'b'],
      },
    })
  })

  test('takes tokens, users, certificates and introspection', () => {
    const hash = 'ab'.repeat(32)
    const tokens = `auth {\n type = "bearer"\n tokens = [{ subject = "ci", token_sha256 = "${hash}", scopes = ["a"] }]\n }`
    expect(authentication(tokens)).toMatchObject({
      scheme: {
        tokens: [{ subject: 'ci', secret: { kind: 'sha256', digest: hash }, scopes: ['a'], roles: [] }],
      },
    })
    const users = 'auth {\n type = "basic"\n users = [{ username = "ann", password = "p" }]\n }'
    expect(authentication(users)).toMatchObject({
      scheme: { users: [{ subject: 'ann', secret: { kind: 'text', text: 'p' } }] },
    })
    const certificates = 'auth {\n type = "mtls"\n rules = [{ common_name = "edge-*", roles = ["edge"] }]\n }'
    const listen = `port = 0\n tls = true\n cert = "${file}"\n key = "${file}"\n client_ca = "${file}"`
    expect(authentication(certificates, listen)).toMatchObject({
      scheme: { rules: [{ commonName: 'edge-*', roles: ['edge'] }] },
    })
    const oauth2 = `auth {
      type              = "oauth2"
      introspection_url = "https://id.example/introspect"
      client_id         = "api"
      client_secret     = "s"
      dpop { required = true }
    }`
    expect(authentication(oauth2)).toMatchObject({
      scheme: {
        introspectionUrl: 'https://id.example/introspect',
        cacheForMs: 30_000,
        dpop: { isRequired: true },
      },
    })
  })

  test('of type none, or absent, lets everybody call everything', () => {
    expect(authentication('')).toBeUndefined()
    expect(authentication('auth { type = "none" }')).toBeUndefined()
    expect(authentication('method "a" { auth = optional }')).toBeUndefined()
  })

  test('may be an object', () => {
    const checked = checkConfig({
      servers: {
        api: {
          type: 'json-rpc',
          listen: { port: 0 },
          auth: { type: 'jwt', secret: SECRET },
          method: { a: { auth: 'none' } },
        },
      },
    })
    expect(checked.ok && checked.config.servers[0]!.settings.authentication).toMatchObject({
      methods: { a: { auth: 'none' } },
    })
  })
})

describe('a mistake in it is reported', () => {
  const jwt = (inside: string) => faults(`auth {\n type = "jwt"\n${inside}\n}`)

  test.each([
    ['', 'auth of type "jwt" needs one of "secret", "public_key", "jwks_url" and "issuer"'],
    ['secret = "short"', 'the secret is too short for HS256'],
    [`secret = "${SECRET}"\nalgorithms = ["HS256", "HS512"]`, 'the secret is too short for HS512'],
    [`secret = "${SECRET}"\nalgorithms = ["none"]`, 'wrong value for "algorithms"'],
    [`secret = "${SECRET}"\nalgorithms = ["RS256"]`, 'wrong value for "algorithms"'],
    [`secret = "${SECRET}"\njwks_url = "https://id.example"`, '"jwks_url" and "secret" exclude each other'],
    [
      'secret = "-----BEGIN PUBLIC KEY-----\\nMIIBIjANBgkqhkiG9w0BAQEFAAOC"',
      'a key must not be used as a shared secret',
    ],
    ['jwks_url = "https://id.example/keys"', '"jwks_url" needs "audience" beside it'],
    ['issuer = "https://id.example"', '"issuer" needs "audience" beside it'],
    ['issuer = "http://id.example"\naudience = "a"', 'wrong value for "issuer"'],
    ['jwks_url = "https://u:p@id.example/keys"\naudience = "a"', 'wrong value for "jwks_url"'],
    ['issuer = "https://id.example"\naudience = "a"\nalgorithms = ["HS256"]', 'wrong value for "algorithms"'],
  ])('jwt: %s', (inside, message) => {
    expect(jwt(inside)).toEqual([message])
  })

  test('of a key that is too short, or fits no algorithm of the list', () => {
    expect(jwt(`public_key = "${folder}/small.pem"`)).toEqual(['wrong value for "public_key"'])
    expect(jwt(`public_key = "${file}"`)).toEqual(['wrong value for "public_key"'])
    expect(jwt(`public_key = "${folder}/rsa.pem"\nalgorithms = ["HS256"]`)).toEqual([
      'wrong value for "algorithms"',
    ])
  })

  test('of tokens and users', () => {
    const tokens = (entry: string) => faults(`auth {\n type = "bearer"\n tokens = [${entry}]\n }`)
    expect(tokens('{ subject = "ci" }')).toEqual(['expected one of "token" and "token_sha256"'])
    expect(tokens('{ subject = "ci", token = "short" }')).toEqual(['the token is too short'])
    expect(tokens('')).toHaveLength(1)
    expect(tokens('{ subject = "ci", token_sha256 = "abc" }')).toHaveLength(1)
    expect(
      faults('auth {\n type = "basic"\n users = [{ username = "a:b", password = "p" }]\n }'),
    ).toHaveLength(1)
  })

  test('of a method that must know its callers, where nothing says who they are', () => {
    expect(faults('method "a" { auth = required }')).toEqual([
      'the method "a" must know its callers, and the server "api" has no block "auth"',
    ])
    expect(faults('method "a" { scope = "x" }')).toHaveLength(1)
  })

  test('of a scope of unknown callers', () => {
    expect(
      faults(
        `auth {\n type = "jwt"\n secret = "${SECRET}"\n }\nmethod "a" {\n auth = none\n scope = "x"\n }`,
      ),
    ).toEqual(['the method "a" asks for a scope or role of callers that it does not authenticate'])
  })

  test('of certificates without an authority', () => {
    expect(faults('auth { type = "mtls" }')).toEqual([
      'certificates of callers need "client_ca" in the block "listen"',
    ])
  })

  test('of a word that is none', () => {
    expect(faults(`auth {\n type = "jwt"\n secret = "${SECRET}"\n default = "always"\n }`)).toEqual([
      'wrong value for "default"',
    ])
    expect(faults('auth { type = "digest" }')).toHaveLength(1)
    expect(faults('method "a" { atuh = required }')).toHaveLength(1)
  })

  test('and shows no secret', () => {
    const secrets = ['hunter2hunter2', 'hunter3hunter3']
    const text = JSON.stringify([
      check(`auth {\n type = "jwt"\n secret = "${secrets[0]}"\n }`).diagnostics,
      check(`auth {\n type = "bearer"\n tokens = [{ subject = "a", token = "${secrets[1]}" }]\n }`)
        .diagnostics,
    ])
    for (const secret of secrets) expect(text).not.toContain(secret)
  })
})
