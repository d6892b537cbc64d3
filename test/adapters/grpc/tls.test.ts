import { writeFile } from 'node:fs/promises'
import { createSecureServer } from 'node:http2'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { ConnectionError } from '../../../src/core/errors/connection.js'
import type { ListenTlsSettings } from '../../../src/core/settings/listen.js'
import type { TlsSettings } from '../../../src/core/settings/tls.js'
import { within } from '../../support/adapter-context.js'
import { TestAuthority, temporaryFiles } from '../../support/authority.js'
import { failureOf } from '../../support/failure-of.js'
import { startInteropServer } from '../../support/python-grpc.js'
import { never, type Rig, rigFor, served } from './harness.js'

const ours = new TestAuthority()
const others = new TestAuthority('another authority')
const server = ours.issue()
const client = ours.issue({ name: 'client' })
const stranger = others.issue({ name: 'stranger' })
const strange = others.issue()
const host = (hosts: readonly string[], days?: readonly [number, number]) =>
  ours.issue({ name: 's', hosts, ...(days && { days }) })
const expired = host(['127.0.0.1'], [-2, -1])
const early = host(['127.0.0.1'], [1, 2])
const elsewhere = host(['other.example'])
const files = temporaryFiles({
  ca: ours.ca,
  otherCa: others.ca,
  serverCert: server.cert,
  serverKey: server.key,
  cert: client.cert,
  key: client.key,
  strangerCert: stranger.cert,
  strangerKey: stranger.key,
  strangeCert: strange.cert,
  strangeKey: strange.key,
  expiredCert: expired.cert,
  expiredKey: expired.key,
  earlyCert: early.cert,
  earlyKey: early.key,
  elsewhereCert: elsewhere.cert,
  elsewhereKey: elsewhere.key,
})
afterAll(() => files.remove())

const good: ListenTlsSettings = { cert: files.serverCert, key: files.serverKey }

async function rig(listen: ListenTlsSettings, tls: Partial<TlsSettings> = {}): Promise<Rig> {
  const { address } = await served({ 'a.B/C': () => 'safe' }, {}, { tls: listen })
  const endpoint = { addresses: [address], tls: { verifyServer: true, caCert: files.ca, ...tls } }
  return rigFor(address, { auth: { type: 'mtls' }, endpoint })
}

async function answer({ adapter, rpc }: Rig) {
  await adapter.connect(never())
  return rpc.call('a.B/C', undefined, within())
}

const refusalBy = async (listen: ListenTlsSettings, tls: Partial<TlsSettings> = {}) =>
  failureOf((await rig(listen, tls)).adapter.connect(never()))

describe('the certificate of the server', () => {
  test('of our own authority is trusted', async () => {
    expect(await answer(await rig(good))).toBe('safe')
  })

  test.each([
    ['of another authority', 'strange', /an authority that is not trusted/],
    ['that has expired', 'expired', /the certificate has expired/],
    ['that is not valid yet', 'early', /is not valid yet/],
    ['for another host', 'elsewhere', /is for another host/],
  ] as const)('%s is refused', async (_, name, reason) => {
    const error = await refusalBy({ cert: files[`${name}Cert`], key: files[`${name}Key`] })
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ kind: 'connection', integration: 'it' })
    expect(error.message).toMatch(reason)
  })

  test('of any authority is taken when the server is not to be verified', async () => {
    const strangers = { cert: files.strangeCert, key: files.strangeKey }
    expect(await answer(await rig(strangers, { verifyServer: false }))).toBe('safe')
  })

  test('for the name that is configured is trusted', async () => {
    const named = { cert: files.elsewhereCert, key: files.elsewhereKey }
    expect(await answer(await rig(named, { serverName: 'other.example' }))).toBe('safe')
  })
})

describe('mTLS', () => {
  const strict: ListenTlsSettings = { ...good, clientCa: files.ca }

  test('is accepted', async () => {
    const { cert: clientCert, key: clientKey } = files
    expect(await answer(await rig(strict, { clientCert, clientKey }))).toBe('safe')
  })

  test.each([
    ['without a certificate', {}, /requires a client certificate/],
    [
      'with one of another authority',
      { clientCert: files.strangerCert, clientKey: files.strangerKey },
      /closed the connection after receiving our certificate/,
    ],
  ])('is refused %s', async (_, tls, reason) => {
    const error = await refusalBy(strict, tls)
    expect(error).toMatchObject({ integration: 'it', kind: 'auth' })
    expect(error.message).toMatch(reason)
  })

  test('is accepted and refused by a server of another implementation', async () => {
    const server = await startInteropServer(0, [files.serverCert, files.serverKey, files.ca])
    onTestFinished(() => server.process.kill())
    const connect = (tls: Partial<TlsSettings>) => {
      const addresses = [`127.0.0.1:${server.port}`]
      const endpoint = { addresses, tls: { verifyServer: true, caCert: files.ca, ...tls } }
      return rigFor('', { auth: { type: 'mtls' }, endpoint }).adapter.connect(never())
    }
    await connect({ clientCert: files.cert, clientKey: files.key })
    const others = { clientCert: files.strangerCert, clientKey: files.strangerKey }
    for (const tls of [{}, others])
      expect(await failureOf(connect(tls))).toMatchObject({ kind: 'auth', integration: 'it' })
  })
})

test('a server too old for the least version is refused', async () => {
  const tooOld = createSecureServer({ cert: server.cert, key: server.key, maxVersion: 'TLSv1.2' })
  await new Promise<void>((resolve) => tooOld.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void tooOld.close())
  const endpoint = {
    addresses: [`127.0.0.1:${(tooOld.address() as { port: number }).port}`],
    tls: { verifyServer: true, caCert: files.ca, minVersion: 'TLSv1.3' as const },
  }
  const error = await failureOf(rigFor('', { endpoint }).adapter.connect(never()))
  expect(error.message).toMatch(/no version that is new enough/)
})

test('certificates are read anew for each connection', async () => {
  const renewed = temporaryFiles({ ca: others.ca })
  onTestFinished(renewed.remove)
  const { adapter, rpc } = await rig(good, { caCert: renewed.ca })
  expect((await failureOf(adapter.connect(never()))).message).toMatch(/not trusted/)
  await writeFile(renewed.ca, ours.ca)
  await adapter.connect(never())
  expect(await rpc.call('a.B/C', undefined, within())).toBe('safe')
})

test('a server that does not speak TLS is an error that says so', async () => {
  const { address } = await served({})
  const endpoint = { addresses: [address], tls: { verifyServer: true, caCert: files.ca } }
  const error = await failureOf(rigFor(address, { endpoint }).adapter.connect(never()))
  expect(error).toMatchObject({ kind: 'connection', integration: 'it' })
  expect(error.message).toMatch(/TLS: /)
})
