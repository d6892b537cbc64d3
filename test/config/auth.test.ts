// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are templates of the configuration

import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { withClient } from '../../src/config/blocks/integration.js'
import { checkConfig } from '../../src/config/load.js'
import type { Endpoint } from '../../src/core/settings/endpoint.js'
import { checkFiles, checkText, places } from './support.js'

const SECRET = 'hunter2-hunter2-hunter2-hunter2!'
const pem = (key: ReturnType<typeof generateKeyPairSync>) =>
  String(key.privateKey.export({ type: 'pkcs8', format: 'pem' }))
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed25519 = generateKeyPairSync('ed25519')

const integration = (auth: string, type = 'json-rpc', tls = '') => `integration "a" {
  type = "${type}"
  endpoint {
    address = "localhost"
    ${tls}
  }
  auth {
    ${auth.split(';').join('\n    ')}
  }
}`

/** What an auth block comes to, with such files beside the configuration. */
function read(auth: string, type = 'json-rpc', files: Readonly<Record<string, string>> = {}, tls = '') {
  const checked = checkFiles({ 'gateway.hcl': integration(auth, type, tls), ...files })
  if (!checked.ok) throw new Error(JSON.stringify(checked.diagnostics))
  return checked.config.integrations[0]!.settings
}

/** The one fault of an auth block; a secret in it is a failure. */
function fault(auth: string, type = 'json-rpc', files: Readonly<Record<string, string>> = {}, tls = '') {
  const { diagnostics } = checkFiles({ 'gateway.hcl': integration(auth, type, tls), ...files })
  expect(diagnostics).toHaveLength(1)
  expect(JSON.stringify(diagnostics)).not.toContain('hunter2')
  return diagnostics[0]!
}

test('the simple types', () => {
  expect(read('type = "none"').auth).toEqual({ type: 'none' })
  expect(read('type = "basic"; username = "ann"; password = ""').auth).toEqual({
    type: 'basic',
    username: 'ann',
    password: '',
  })
  expect(read('type = "bearer"; token = "t"').auth).toEqual({ type: 'bearer', token: 't' })
  expect(read('type = "password"; password = "p"', 'mqtt').auth).toEqual({ type: 'password', password: 'p' })
  expect(read('type = "password"; username = "u"; password = "p"', 'mqtt').auth).toEqual({
    type: 'password',
    username: 'u',
    password: 'p',
  })
})

test('the types of NATS', () => {
  expect(read('type = "token"; token = "t"', 'nats').auth).toEqual({ type: 'token', token: 't' })
  expect(read('type = "nkey"; seed = "s"', 'nats').auth).toEqual({ type: 'nkey', seed: 's' })
  expect(read('type = "creds"; file = "/dev/../etc/hostname"', 'nats').auth).toEqual({
    type: 'creds',
    file: '/etc/hostname',
  })
  expect(read('type = "none"', 'nats').auth).toEqual({ type: 'none' })
})

test('a type that the protocol does not take is named with those it takes', () => {
  expect(fault('type = "oauth2"; client_secret = "hunter2"', 'mqtt')).toMatchObject({
    line: 8,
    column: 12,
    expected: '"none", "basic", "password", "bearer", "jwt" or "mtls"',
    found: 'the string "oauth2"',
  })
  expect(fault('type = "nkey"', 'json-rpc').expected).toBe(
    '"none", "basic", "bearer", "jwt", "mtls" or "oauth2"',
  )
  expect(fault('type = "beaer"').hint).toBe('did you mean "bearer"?')
})

test('what a type does not have is refused', () => {
  expect(fault('type = "bearer"; token = "x"; password = "hunter2"').message).toBe(
    'the block "auth" has no "password"',
  )
})

test('a JWT by a secret', () => {
  expect(read(`type = "jwt"; secret = "${SECRET}"`).auth).toEqual({
    type: 'jwt',
    key: { kind: 'secret', secret: SECRET },
    algorithm: 'HS256',
    expiresInMs: 300_000,
    claims: {},
  })
  const all = `type = "jwt"; secret = "${SECRET}${SECRET}"; algorithm = "HS512"; issuer = "i"; subject = "s"; audience = "a"; key_id = "k"; expires_in = "1h"; claims { roles = ["r"] }`
  expect(read(all, 'mqtt').auth).toEqual({
    type: 'jwt',
    key: { kind: 'secret', secret: SECRET + SECRET },
    algorithm: 'HS512',
    issuer: 'i',
    subject: 's',
    audience: 'a',
    keyId: 'k',
    expiresInMs: 3_600_000,
    claims: { roles: ['r'] },
  })
})

test.each([
  ['P-256', p256, 'ES256'],
  ['RSA', rsa, 'RS256'],
  ['Ed25519', ed25519, 'EdDSA'],
])('a JWT by a private key of %s', (_, key, algorithm) => {
  const { auth } = read('type = "jwt"; private_key = "./key.pem"', 'json-rpc', { 'key.pem': pem(key) })
  expect(auth).toMatchObject({
    key: { kind: 'pem', file: expect.stringMatching(/^\/.*key\.pem$/) },
    algorithm,
  })
})

test('a secret that can be guessed is refused', () => {
  expect(fault('type = "jwt"; secret = "hunter2"')).toMatchObject({
    message: 'the secret is too short for HS256',
    expected: 'at least 32 bytes',
    found: '7 bytes',
  })
  expect(fault(`type = "jwt"; algorithm = "HS384"; secret = "${SECRET}"`).expected).toBe('at least 48 bytes')
})

test('a JWT without a key, with two, or with one that does not sign, is refused', () => {
  expect(fault('type = "jwt"').message).toContain('needs "secret" or "private_key"')
  const files = { 'key.pem': pem(p256), 'public.pem': p256.publicKey.export({ type: 'spki', format: 'pem' }) }
  expect(
    fault(`type = "jwt"; secret = "${SECRET}"; private_key = "key.pem"`, 'mqtt', files as never).message,
  ).toBe('"private_key" and "secret" exclude each other')
  expect(fault('type = "jwt"; private_key = "public.pem"', 'mqtt', files as never).expected).toContain(
    'PEM file with a private key',
  )
  expect(fault('type = "jwt"; private_key = "none.pem"').expected).toBe('the path of a file that can be read')
  expect(
    fault('type = "jwt"; private_key = "key.pem"; algorithm = "RS256"', 'mqtt', files as never).expected,
  ).toBe('"ES256"')
  expect(fault(`type = "jwt"; secret = "${SECRET}"; algorithm = "none"`).expected).toBe(
    '"HS256", "HS384" or "HS512"',
  )
  const rsa1024 = { 'key.pem': pem(generateKeyPairSync('rsa', { modulusLength: 1024 })) }
  expect(fault('type = "jwt"; private_key = "key.pem"', 'mqtt', rsa1024).expected).toContain('2048 bits')
})

test('a private key in place of its path is not shown', () => {
  const { diagnostics } = checkText(
    integration('type = "jwt"; private_key = "-----BEGIN PRIVATE KEY-----hunter2"'),
  )
  expect(diagnostics[0]!.hint).toContain('write it to a file')
  expect(JSON.stringify(diagnostics)).not.toContain('hunter2')
  const tls = 'tls { client_key = "-----BEGIN PRIVATE KEY-----hunter2" }'
  const other = checkText(integration('type = "none"', 'mqtt', tls))
  expect(other.diagnostics.length).toBeGreaterThan(0)
  expect(JSON.stringify(other.diagnostics)).not.toContain('hunter2')
})

test('claims that the gateway sets are refused', () => {
  expect(fault(`type = "jwt"; secret = "${SECRET}"; claims = { exp = 1 }`)).toMatchObject({
    message: '"exp" must not be set in "claims"',
    hint: 'use the attribute "expires_in"',
  })
  expect(fault(`type = "jwt"; secret = "${SECRET}"; claims = "hunter2"`).message).toContain('claims')
})

test('OAuth2', () => {
  const least =
    'type = "oauth2"; token_url = "https://id.example/token"; client_id = "c"; client_secret = "s"'
  expect(read(least).auth).toEqual({
    type: 'oauth2',
    tokenUrl: 'https://id.example/token',
    clientId: 'c',
    clientSecret: 's',
    scopes: [],
    clientAuth: 'basic',
  })
  const all = `${least}; scopes = ["a", "b c"]; audience = "d"; client_auth = "post"`
  expect(read(all).auth).toMatchObject({ scopes: ['a', 'b', 'c'], audience: 'd', clientAuth: 'post' })
})

test.each([
  ['http://id.example/token', 'an https URL'],
  ['http://127.0.0.1.example/token', 'an https URL'],
  ['ftp://id.example/token', 'an https URL'],
  ['id.example', 'an https URL'],
  ['https://ann:hunter2@id.example/token', 'a URL without credentials'],
])('the token URL %s is refused', (url, expected) => {
  expect(fault(`type = "oauth2"; token_url = "${url}"; client_id = "c"; client_secret = "s"`)).toMatchObject({
    message: 'wrong value for "token_url"',
    expected,
  })
})

test('a plain token URL is for this machine, or where it is allowed', () => {
  const at = (url: string, more = '') =>
    read(`type = "oauth2"; token_url = "${url}"; client_id = "c"; client_secret = "s"${more}`).auth
  expect(at('http://127.0.0.1:1/t')).toMatchObject({ tokenUrl: 'http://127.0.0.1:1/t' })
  expect(at('http://[::1]:1/t')).toMatchObject({ tokenUrl: 'http://[::1]:1/t' })
  expect(at('http://id.example/t', '; allow_http = true')).toMatchObject({ allowHttp: true })
})

test('mTLS by the certificate of the endpoint, or one of its own', () => {
  const files = { 'c.pem': '', 'k.pem': '', 'ca.pem': '' }
  const both = 'client_cert = "c.pem"; client_key = "k.pem"'
  const tls = `tls {\n${both.replace(';', '\n')}\n}`
  const paths = {
    clientCert: expect.stringMatching(/\/c\.pem$/),
    clientKey: expect.stringMatching(/\/k\.pem$/),
  }
  expect(read('type = "mtls"', 'mqtt', files, tls)).toMatchObject({
    auth: { type: 'mtls' },
    endpoint: { tls: { verifyServer: true, ...paths } },
  })
  expect(read(`type = "mtls"; ${both}`, 'mqtt', files).endpoint.tls).toEqual({ verifyServer: true, ...paths })
  expect(
    read(`type = "mtls"; ${both}`, 'mqtt', files, 'tls { ca_cert = "ca.pem" }').endpoint.tls,
  ).toMatchObject({ caCert: expect.stringMatching(/\/ca\.pem$/), ...paths })
})

test('mTLS without a certificate, with half of one, or with two, is refused', () => {
  const files = { 'c.pem': '', 'k.pem': '' }
  expect(fault('type = "mtls"').message).toBe('auth of type "mtls" needs a client certificate')
  expect(fault('type = "mtls"; client_cert = "c.pem"', 'mqtt', files).message).toBe(
    '"client_cert" needs "client_key" beside it',
  )
  const both = 'client_cert = "c.pem"; client_key = "k.pem"'
  const tls = `tls {\n${both.replace(';', '\n')}\n}`
  expect(fault(`type = "mtls"; ${both}`, 'mqtt', files, tls).message).toContain(
    'has a client certificate already',
  )
})

test('an endpoint keeps what else it says of TLS', () => {
  const endpoint: Endpoint = { addresses: ['a'], tls: { verifyServer: false, minVersion: 'TLSv1.3' } }
  expect(withClient(endpoint, { clientCert: '/c', clientKey: '/k' })).toEqual({
    addresses: ['a'],
    tls: { verifyServer: false, minVersion: 'TLSv1.3', clientCert: '/c', clientKey: '/k' },
  })
})

test('the rest of the TLS block', () => {
  expect(read('type = "none"', 'mqtt', {}, 'tls { server_name = "db.example" }').endpoint.tls).toEqual({
    verifyServer: true,
    serverName: 'db.example',
  })
  expect(read('type = "none"', 'mqtt', {}, 'tls { enabled = false }').endpoint.tls).toBeUndefined()
})

test('credentials in an address are refused and not shown', () => {
  for (const address of ['http://ann:hunter2@host', '${upper("http")}://ann:hunter2@host']) {
    const checked = checkText(
      `integration "a" {\n  type = "json-rpc"\n  endpoint { address = "${address}" }\n}`,
    )
    expect(places(checked)).toEqual(['3:24 the address contains credentials'])
    expect(JSON.stringify(checked.diagnostics)).not.toContain('hunter2')
  }
})

test('the object form has the same types', () => {
  const checked = checkConfig({
    integrations: {
      a: {
        type: 'json-rpc',
        endpoint: { address: 'localhost' },
        auth: { type: 'jwt', secret: SECRET, claims: { scope: 'x' }, expires_in: '10s' },
      },
      b: {
        type: 'json-rpc',
        endpoint: { address: 'localhost' },
        auth: { type: 'jwt', secret: 'hunter2' },
      },
    },
  })
  expect(checked.diagnostics).toMatchObject([
    { message: 'integrations.b.auth.secret: the secret is too short for HS256' },
  ])
  expect(JSON.stringify(checked.diagnostics)).not.toContain('hunter2')
})
