import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AuthError, ConnectionError } from '../../../src/core/errors/connection.js'
import type { AuthSettings } from '../../../src/core/settings/auth.js'
import type { TlsSettings } from '../../../src/core/settings/tls.js'
import { within } from '../../support/adapter-context.js'
import { TestAuthority, temporaryFiles } from '../../support/authority.js'
import { type RedisServer, startRedis } from '../../support/redis-server.js'
import { bare, bytes, connected } from './fixture.js'

const SECRET = 'correct-horse-battery-staple'
const patience = () => AbortSignal.timeout(5_000)

/** What connecting is refused with. */
async function refusal(port: number, given: { auth?: AuthSettings; tls?: TlsSettings }): Promise<Error> {
  const { tls, auth = { type: 'none' } } = given
  const endpoint = { addresses: ['127.0.0.1'], port, ...(tls && { tls }) }
  return bare(port, { auth, endpoint })
    .adapter.connect(patience())
    .then(
      () => new Error('it was accepted'),
      (error: Error) => error,
    )
}

/** Everything an error says, with its causes. */
function spoken(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return [error.message, error.stack, JSON.stringify(error), spoken(error.cause)].join('\n')
}

describe('passwords', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis({
      config: [
        `requirepass ${SECRET}`,
        `user reader on >${SECRET} ~allowed* &allowed* +@all -@dangerous`,
        'user sleeper off >other ~* &* +@all',
      ],
    })
  })
  afterAll(() => server.stop())

  const accepted: readonly AuthSettings[] = [
    { type: 'password', password: SECRET },
    { type: 'password', username: 'reader', password: SECRET },
    { type: 'basic', username: 'default', password: SECRET },
  ]
  it.each(accepted)('accepts %j on every connection', async (auth) => {
    const { adapter } = await connected(server.port, { auth })
    await adapter.pubsub!.publish('allowed', bytes('1'), {}, within())
    const sink = { deliver: () => true, lost: () => {}, end: () => {} }
    await adapter.pubsub!.subscribe('allowed', {}, sink, within())
  })

  const WRONG = 'tr0ub4dor-and-3'
  const refused: readonly AuthSettings[] = [
    { type: 'password', password: WRONG },
    { type: 'password', username: 'reader', password: WRONG },
    { type: 'basic', username: 'nobody', password: WRONG },
    { type: 'basic', username: 'sleeper', password: WRONG },
    { type: 'none' },
  ]
  it.each(refused)('refuses %j with an AuthError that keeps the secret', async (auth) => {
    const error = await refusal(server.port, { auth })
    expect(error).toBeInstanceOf(AuthError)
    expect((error as AuthError).retryable).toBe(false)
    expect(spoken(error)).not.toContain(WRONG)
  })

  it('says so when the user may not do something, and shows nothing of what was sent', async () => {
    const auth = { type: 'password', username: 'reader', password: SECRET } as const
    const { adapter } = await connected(server.port, { auth })
    const attempts = [
      adapter.pubsub!.publish('secret-channel', bytes('classified'), {}, within()),
      adapter.queue!.enqueue('secret-queue', bytes('classified'), {}, within()),
    ]
    for (const attempt of attempts) {
      const error = await Promise.resolve(attempt).catch((failure: Error) => failure)
      expect(error).toBeInstanceOf(AuthError)
      expect(spoken(error)).toMatch(/NOPERM/)
      expect(spoken(error)).not.toMatch(/classified|correct-horse/)
    }
  })
})

it('a password that the server does not want is refused', async () => {
  await using server = await startRedis()
  const error = await refusal(server.port, { auth: { type: 'password', password: SECRET } })
  expect(error).toBeInstanceOf(AuthError)
  expect(spoken(error)).not.toContain(SECRET)
})

describe('TLS', () => {
  const authority = new TestAuthority()
  const stranger = new TestAuthority('a stranger')
  const [own, expired, other, client, foreign] = [
    authority.issue(),
    authority.issue({ name: 'server', hosts: ['127.0.0.1'], days: [-3, -1] }),
    authority.issue({ name: 'elsewhere', hosts: ['other.example'] }),
    authority.issue({ name: 'client' }),
    stranger.issue({ name: 'client' }),
  ]
  const files = temporaryFiles({
    ca: authority.ca,
    otherCa: stranger.ca,
    cert: own.cert,
    key: own.key,
    expiredCert: expired.cert,
    expiredKey: expired.key,
    elsewhereCert: other.cert,
    elsewhereKey: other.key,
    clientCert: client.cert,
    clientKey: client.key,
    foreignCert: foreign.cert,
    foreignKey: foreign.key,
    changing: stranger.ca,
  })
  const trusting = { verifyServer: true, caCert: files.ca }
  let server: RedisServer
  let strict: RedisServer
  let older: RedisServer
  let late: RedisServer
  let elsewhere: RedisServer
  beforeAll(async () => {
    const tls = { cert: files.cert, key: files.key, ca: files.ca, clients: 'no' } as const
    server = await startRedis({ tls })
    strict = await startRedis({ tls: { ...tls, clients: 'yes' } })
    older = await startRedis({ tls: { ...tls, clients: 'yes' }, config: ['tls-protocols TLSv1.2'] })
    late = await startRedis({ tls: { ...tls, cert: files.expiredCert, key: files.expiredKey } })
    elsewhere = await startRedis({ tls: { ...tls, cert: files.elsewhereCert, key: files.elsewhereKey } })
  })
  afterAll(async () => {
    await Promise.all([server, strict, older, late, elsewhere].map((each) => each.stop()))
    files.remove()
  })

  it('accepts a server of our own authority, and speaks over it', async () => {
    const endpoint = { addresses: ['127.0.0.1'], port: server.port, tls: trusting }
    const { adapter } = await connected(server.port, { endpoint })
    await adapter.queue!.enqueue('q', bytes('x'), {}, within())
  })

  it('an address of rediss:// is reached by TLS without a tls block', async () => {
    const error = await refusal(0, {})
    expect(error).toBeInstanceOf(ConnectionError)
    const endpoint = { addresses: [`rediss://127.0.0.1:${server.port}`] }
    const made = bare(0, { endpoint }).adapter.connect(patience())
    // Nobody but the tests knows the authority.
    await expect(made).rejects.toThrow(/not trusted|self-signed/)
  })

  it.each([
    ['of another authority', () => server, { verifyServer: true, caCert: files.otherCa }],
    ['of an unknown authority', () => server, { verifyServer: true }],
    ['that has expired', () => late, trusting],
  ])('refuses a server %s', async (_what, target, tls) => {
    const error = await refusal(target().port, { tls })
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toMatch(/certificate|issuer/)
  })

  it('holds the certificate against the host, or against the name that is configured in its place', async () => {
    const to = (tls: TlsSettings) =>
      bare(0, { endpoint: { addresses: ['localhost'], port: elsewhere.port, tls } }).adapter
    await expect(to(trusting).connect(patience())).rejects.toThrow(/certificate/)
    const { adapter } = await connected(elsewhere.port, {
      endpoint: {
        addresses: ['localhost'],
        port: elsewhere.port,
        tls: { ...trusting, serverName: 'other.example' },
      },
    })
    await adapter.ping!(patience())
  })

  it('shows a client certificate, and the server accepts it', async () => {
    const tls = { ...trusting, clientCert: files.clientCert, clientKey: files.clientKey }
    const endpoint = { addresses: ['127.0.0.1'], port: strict.port, tls }
    const { adapter } = await connected(strict.port, { endpoint, auth: { type: 'mtls' } })
    await adapter.ping!(patience())
  })

  it.each([
    ['none', trusting],
    ['one of another authority', { ...trusting, clientCert: files.foreignCert, clientKey: files.foreignKey }],
  ])('a server that wants a client certificate refuses %s', async (_what, tls) => {
    const before = await refusal(older.port, { auth: { type: 'mtls' }, tls })
    expect(before).toBeInstanceOf(AuthError)
    const error = await refusal(strict.port, { auth: { type: 'mtls' }, tls })
    expect(error).toBeInstanceOf(AuthError)
    expect(error.message).toMatch(/client certificate|our certificate/)
  })

  it('reads the files anew for each connection', async () => {
    const tls = { verifyServer: true, caCert: files.changing }
    const endpoint = { addresses: ['127.0.0.1'], port: server.port, tls }
    const { adapter } = bare(server.port, { endpoint })
    await expect(adapter.connect(patience())).rejects.toThrow(ConnectionError)
    await writeFile(files.changing, authority.ca)
    await adapter.connect(patience())
    await adapter.ping!(patience())
  })
})
