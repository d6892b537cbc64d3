import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import { nkeys } from '@nats-io/nats-core'
import { afterAll, describe, expect, test } from 'vitest'
import { AuthError, ConnectionError } from '../../../src/core/errors/connection.js'
import type { IntegrationError } from '../../../src/core/errors/integration-error.js'
import type { AuthSettings } from '../../../src/core/settings/auth.js'
import type { TlsSettings } from '../../../src/core/settings/tls.js'
import { within } from '../../support/adapter-context.js'
import { TestAuthority, temporaryFiles } from '../../support/authority.js'
import { startNatsServer } from '../../support/nats-server.js'
import { fakeServer, INFO } from './fake-server.js'
import { atEnd, connected, rigFor, serverFor } from './harness.js'
import { jwtServer } from './jwt-server.js'

const SECRET = 'correct-horse-battery-staple'

/** Connects, and gives the error; whoever shows a secret fails. */
async function attempt(
  port: number,
  auth: AuthSettings,
  tls?: TlsSettings,
  secrets: readonly string[] = [SECRET],
): Promise<IntegrationError | undefined> {
  const { adapter, context } = rigFor({
    auth,
    endpoint: { addresses: ['127.0.0.1'], port, ...(tls && { tls }) },
  })
  const error = await adapter.connect(within().signal).then(
    () => undefined,
    (error: IntegrationError) => error,
  )
  const shown = inspect([error, error?.stack, context.records], { depth: 10, maxStringLength: null })
  for (const secret of secrets) expect(shown).not.toContain(secret)
  return error
}

describe('each way to prove who we are is accepted, and refused with an AuthError', () => {
  test('basic and password', async () => {
    const server = await serverFor({
      config: [`authorization { users: [ { user: "ann", password: "${SECRET}" } ] }`],
    })
    for (const type of ['basic', 'password'] as const) {
      expect(await attempt(server.port, { type, username: 'ann', password: SECRET })).toBeUndefined()
      const wrong = `${SECRET}!`
      const refused = await attempt(server.port, { type, username: 'ann', password: wrong }, undefined, [
        wrong,
      ])
      expect(refused).toBeInstanceOf(AuthError)
      expect(refused).toMatchObject({ retryable: false })
    }
    expect(await attempt(server.port, { type: 'none' })).toBeInstanceOf(AuthError)
  })

  test('token, bearer, and a token that is minted', async () => {
    const server = await serverFor({ config: [`authorization { token: "${SECRET}" }`] })
    for (const type of ['token', 'bearer'] as const) {
      expect(await attempt(server.port, { type, token: SECRET })).toBeUndefined()
      const wrong = `${SECRET}!`
      expect(await attempt(server.port, { type, token: wrong }, undefined, [wrong])).toBeInstanceOf(AuthError)
    }
    const jwt = {
      type: 'jwt',
      key: { kind: 'secret', secret: SECRET.repeat(2) },
      algorithm: 'HS256',
      expiresInMs: 60_000,
      claims: {},
    } as const
    expect(await attempt(server.port, jwt)).toBeInstanceOf(AuthError)
  })

  test('nkey', async () => {
    const [known, unknown] = [nkeys.createUser(), nkeys.createUser()]
    const seedOf = (pair: typeof known) => Buffer.from(pair.getSeed()).toString()
    const server = await serverFor({
      config: [`authorization { users: [ { nkey: "${known.getPublicKey()}" } ] }`],
    })
    expect(await attempt(server.port, { type: 'nkey', seed: seedOf(known) })).toBeUndefined()
    const seed = seedOf(unknown)
    expect(await attempt(server.port, { type: 'nkey', seed }, undefined, [seed])).toBeInstanceOf(AuthError)
    const broken = `SU${SECRET}`
    const error = await attempt(server.port, { type: 'nkey', seed: broken }, undefined, [broken])
    expect(error).toBeInstanceOf(AuthError)
    expect(error?.message).toContain('nkey')
  })

  test('a key where the server asks for no signature', async () => {
    const server = await serverFor()
    const seed = Buffer.from(nkeys.createUser().getSeed()).toString()
    const error = await attempt(server.port, { type: 'nkey', seed }, undefined, [seed])
    expect(error).toBeInstanceOf(AuthError)
  })

  test('creds', async () => {
    const { config, credentials, strangers } = jwtServer()
    const server = await serverFor({
      jetstream: false,
      config,
      files: { good: credentials, bad: strangers, broken: SECRET },
    })
    const file = (name: string) => ({ type: 'creds', file: `${server.folder}/${name}` }) as const
    const secrets = [...`${credentials}${strangers}`.matchAll(/^SU\w+$/gm)].map(([seed]) => seed)
    expect(secrets).toHaveLength(2)
    expect(await attempt(server.port, file('good'))).toBeUndefined()
    expect(await attempt(server.port, file('bad'), undefined, secrets)).toBeInstanceOf(AuthError)
    expect(await attempt(server.port, file('broken'))).toBeInstanceOf(AuthError)
    const missing = await attempt(server.port, file('missing'))
    expect(missing).toBeInstanceOf(AuthError)
    expect(missing?.message).toContain('missing')
  })
})

describe('TLS', async () => {
  const [authority, stranger] = [new TestAuthority(), new TestAuthority('another authority')]
  const [own, expired, client, foreign] = [
    authority.issue(),
    authority.issue({ name: 'server', hosts: ['127.0.0.1'], days: [-2, -1] }),
    authority.issue({ name: 'client' }),
    stranger.issue({ name: 'client' }),
  ]
  const files = temporaryFiles({
    ca: authority.ca,
    strangeCa: stranger.ca,
    cert: own.cert,
    key: own.key,
    expiredCert: expired.cert,
    expiredKey: expired.key,
    clientCert: client.cert,
    clientKey: client.key,
    foreignCert: foreign.cert,
    foreignKey: foreign.key,
  })
  afterAll(files.remove)
  const secured = (cert: string, key: string, more = '') =>
    startNatsServer({ config: [`tls { cert_file: "${cert}", key_file: "${key}" ${more} }`] })
  const none = { type: 'none' } as const

  test('an authority of our own is accepted, another one and none are refused', async () => {
    const server = await secured(files.cert, files.key)
    atEnd(() => server.stop())
    expect(await attempt(server.port, none, { verifyServer: true, caCert: files.ca })).toBeUndefined()
    expect(await attempt(server.port, none, { verifyServer: false })).toBeUndefined()
    for (const tls of [{ verifyServer: true, caCert: files.strangeCa }, { verifyServer: true }]) {
      const error = await attempt(server.port, none, tls)
      expect(error).toBeInstanceOf(ConnectionError)
      expect(error?.message).toContain('not trusted')
    }
    const plain = await attempt(server.port, none)
    expect(plain).toMatchObject({ kind: 'connection', retryable: false })
    expect(plain?.message).toContain('tls')
  })

  test('an expired certificate, and one for another host, are refused', async () => {
    const server = await secured(files.expiredCert, files.expiredKey)
    atEnd(() => server.stop())
    const error = await attempt(server.port, none, { verifyServer: true, caCert: files.ca })
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error?.message).toContain('expired')
    const other = await secured(files.cert, files.key)
    atEnd(() => other.stop())
    const wanted = { verifyServer: true, caCert: files.ca, serverName: 'other.example' }
    expect((await attempt(other.port, none, wanted))?.message).toContain('another host')
  })

  test('a client certificate is accepted, a foreign one and none are refused with an AuthError', async () => {
    const server = await secured(files.cert, files.key, `, ca_file: "${files.ca}", verify: true`)
    atEnd(() => server.stop())
    const mtls = { type: 'mtls' } as const
    const ours = { verifyServer: true, caCert: files.ca }
    const shown = { ...ours, clientCert: files.clientCert, clientKey: files.clientKey }
    expect(await attempt(server.port, mtls, shown)).toBeUndefined()
    const foreignShown = { ...ours, clientCert: files.foreignCert, clientKey: files.foreignKey }
    expect(await attempt(server.port, mtls, foreignShown)).toBeInstanceOf(AuthError)
    expect(await attempt(server.port, none, ours)).toBeInstanceOf(AuthError)
    // Files that are replaced count from the next connection on.
    writeFileSync(files.foreignCert, client.cert)
    writeFileSync(files.foreignKey, client.key)
    expect(await attempt(server.port, mtls, foreignShown)).toBeUndefined()
  })

  test('a server without TLS, and one whose version is too old, are refused', async () => {
    const plain = await serverFor()
    const error = await attempt(plain.port, none, { verifyServer: true, caCert: files.ca })
    expect(error).toMatchObject({ kind: 'connection', retryable: false })
    const newest = { verifyServer: true, caCert: files.ca, minVersion: 'TLSv1.3' } as const
    const server = await secured(files.cert, files.key)
    atEnd(() => server.stop())
    expect(await attempt(server.port, none, newest)).toBeUndefined()
    const old = createServer((socket) => {
      socket.write('INFO {"tls_required": true, "headers": true}\r\n')
      new TLSSocket(socket, { isServer: true, ...own, maxVersion: 'TLSv1.2' }).on('error', () => {})
    }).listen(0, '127.0.0.1')
    atEnd(() => old.close())
    await once(old, 'listening')
    const { port } = old.address() as AddressInfo
    const tooOld = await attempt(port, none, newest)
    expect(tooOld).toBeInstanceOf(ConnectionError)
    expect(tooOld?.message).toContain('version')
  })

  test('everything works over TLS, over each of the links', async () => {
    const server = await secured(files.cert, files.key)
    atEnd(() => server.stop())
    const tls = { verifyServer: true, caCert: files.ca }
    const { adapter } = await connected({ endpoint: { addresses: ['127.0.0.1'], port: server.port, tls } })
    const sink = {
      deliver: (request: { answer(outcome: object): Promise<void> }) =>
        !request.answer({ ok: true, value: 7 }),
      lost() {},
      end() {},
    }
    await adapter.service.serve('seven', sink as never, within())
    expect(await adapter.rpc.call('seven', undefined, within())).toBe(7)
    const id = await adapter.queue.enqueue('jobs', Buffer.alloc(100_000, 'x'), {}, within())
    expect(id).toBe('jobs:1')
  })
})

test('a password that a server repeats in its refusal is not shown', async () => {
  const { port } = await fakeServer(INFO, (socket, text) => {
    const { pass } = JSON.parse(/^CONNECT (.*)\r\n/.exec(text)![1]!) as { pass: string }
    socket.end(`-ERR 'Authorization Violation: not ${pass}'\r\n`)
  })
  const error = await attempt(port, { type: 'basic', username: 'ann', password: SECRET })
  expect(error).toBeInstanceOf(AuthError)
  expect(error?.message).toContain('Authorization Violation: not ****')
})
