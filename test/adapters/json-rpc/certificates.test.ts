import type { ServerOptions } from 'node:https'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { ConnectionError } from '../../../src/core/errors/connection.js'
import type { TlsSettings } from '../../../src/core/settings/tls.js'
import { operation } from '../../support/adapter-context.js'
import { type Issued, TestAuthority, temporaryFiles } from '../../support/authority.js'
import { failureOf } from '../../support/failure-of.js'
import { httpService, send } from '../../support/http-service.js'
import { type Rig, result, rigFor } from './harness.js'

const context = operation()
const never = () => new AbortController().signal
const ours = new TestAuthority()
const others = new TestAuthority('another authority')
const server = ours.issue()
const client = ours.issue({ name: 'client' })
const stranger = others.issue({ name: 'stranger' })
const files = temporaryFiles({
  ca: ours.ca,
  otherCa: others.ca,
  cert: client.cert,
  key: client.key,
  strangeCert: stranger.cert,
  strangeKey: stranger.key,
})
afterAll(() => files.remove())

async function rig(options: ServerOptions, tls: Partial<TlsSettings>, scheme = 'https'): Promise<Rig> {
  const running = await httpService((_, response) => send(response, 200, result('safe')), 0, options)
  onTestFinished(() => running.close())
  const endpoint = {
    addresses: [running.url.replace('https', scheme)],
    tls: { verifyServer: true, caCert: files.ca, ...tls },
  }
  return rigFor('', { auth: { type: 'mtls' }, endpoint })
}

async function answer({ adapter, rpc }: Rig) {
  await adapter.connect(never())
  return rpc.call('m', undefined, context)
}

const refusalBy = async (options: ServerOptions, tls: Partial<TlsSettings> = {}, scheme?: 'wss') =>
  failureOf((await rig(options, tls, scheme)).adapter.connect(never()))

describe('the certificate of the server', () => {
  test('of our own authority is trusted', async () => {
    expect(await answer(await rig(server, {}))).toBe('safe')
  })

  test.each([
    ['of another authority', others.issue(), /an authority that is not trusted/],
    [
      'that has expired',
      ours.issue({ name: 's', hosts: ['127.0.0.1'], days: [-2, -1] }),
      /the certificate has expired/,
    ],
    [
      'that is not valid yet',
      ours.issue({ name: 's', hosts: ['127.0.0.1'], days: [1, 2] }),
      /is not valid yet/,
    ],
    [
      'for another host',
      ours.issue({ name: 's', hosts: ['other.example'] }),
      /is for another host: .*127\.0\.0\.1/,
    ],
  ])('%s is refused', async (_, issued: Issued, reason) => {
    const error = await refusalBy(issued)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error.message).toMatch(reason)
    // Waiting would not help.
    expect(error).toMatchObject({ retryable: false, notExecuted: true })
  })

  test('for the name that is configured is trusted', async () => {
    const issued = ours.issue({ name: 's', hosts: ['other.example'] })
    expect(await answer(await rig(issued, { serverName: 'other.example' }))).toBe('safe')
  })
})

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('mTLS over %s', (version) => {
  const strict = { ...server, ca: ours.ca, requestCert: true, rejectUnauthorized: true, maxVersion: version }

  test('is accepted', async () => {
    const { cert: clientCert, key: clientKey } = files
    expect(await answer(await rig(strict, { clientCert, clientKey }))).toBe('safe')
  })

  test.each([
    ['without a certificate', {}],
    ['with one of another authority', { clientCert: files.strangeCert, clientKey: files.strangeKey }],
  ])('is refused %s', async (_, tls) => {
    expect(await refusalBy(strict, tls)).toMatchObject({ integration: 'it', kind: 'auth' })
    expect(await refusalBy(strict, tls, 'wss')).toMatchObject({ integration: 'it', kind: 'auth' })
  })
})
