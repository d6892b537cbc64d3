import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { ServerOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { TlsSettings } from '../../../src/core/settings/tls.js'
import { operation } from '../../support/adapter-context.js'
import { LOCALHOST_CERT, LOCALHOST_KEY, OTHER_CERT, OTHER_KEY, TEST_CA } from '../../support/certificates.js'
import { failureOf } from '../../support/failure-of.js'
import { httpService, send } from '../../support/http-service.js'
import { result, rigFor, service } from './harness.js'

const context = operation()
const never = () => new AbortController().signal
const localhost: ServerOptions = { cert: LOCALHOST_CERT, key: LOCALHOST_KEY }

let folder: string
let files: { ca: string; cert: string; key: string; broken: string }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'json-rpc-tls-'))
  files = {
    ca: join(folder, 'ca.pem'),
    cert: join(folder, 'cert.pem'),
    key: join(folder, 'key.pem'),
    broken: join(folder, 'broken.pem'),
  }
  await writeFile(files.ca, TEST_CA)
  await writeFile(files.cert, OTHER_CERT)
  await writeFile(files.key, OTHER_KEY)
  await writeFile(files.broken, 'hunter2')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function secureRig(server: ServerOptions, tls: TlsSettings) {
  const running = await httpService((_, response) => send(response, 200, result('safe')), 0, server)
  onTestFinished(() => running.close())
  return rigFor('', { endpoint: { addresses: [running.url], tls } })
}

/** The reason why connect fails. */
async function refusal(server: ServerOptions, tls: TlsSettings): Promise<string> {
  const error = await failureOf((await secureRig(server, tls)).adapter.connect(never()))
  expect(error).toMatchObject({ kind: 'connection', integration: 'it' })
  expect(error.message).not.toContain('hunter2')
  return error.message
}

test('a server of a trusted authority is called', async () => {
  const { adapter, rpc } = await secureRig(localhost, { verifyServer: true, caCert: files.ca })
  await adapter.connect(never())
  expect(await rpc.call('m', undefined, context)).toBe('safe')
})

test('any server is called when it is not to be verified', async () => {
  const { adapter, rpc } = await secureRig({ cert: OTHER_CERT, key: OTHER_KEY }, { verifyServer: false })
  await adapter.connect(never())
  expect(await rpc.call('m', undefined, context)).toBe('safe')
})

test('a server that wants a certificate of ours gets it', async () => {
  const server = { ...localhost, ca: TEST_CA, requestCert: true, rejectUnauthorized: true }
  const { adapter, rpc } = await secureRig(server, {
    verifyServer: true,
    caCert: files.ca,
    clientCert: files.cert,
    clientKey: files.key,
  })
  await adapter.connect(never())
  expect(await rpc.call('m', undefined, context)).toBe('safe')
})

test('a server of an unknown authority is refused', async () => {
  expect(await refusal(localhost, { verifyServer: true })).toContain(
    'TLS: the certificate is signed by an authority that is not trusted',
  )
})

test('a certificate for another host is refused', async () => {
  const server = { cert: OTHER_CERT, key: OTHER_KEY }
  expect(await refusal(server, { verifyServer: true, caCert: files.ca })).toContain(
    'TLS: the certificate is for another host',
  )
})

test('a server too old for the minimal version is refused', async () => {
  const server = { ...localhost, maxVersion: 'TLSv1.2' as const }
  expect(await refusal(server, { verifyServer: true, caCert: files.ca, minVersion: 'TLSv1.3' })).toContain(
    'TLS: the other side supports no version that is new enough',
  )
})

test('a file that is missing, or is no certificate, is named', async () => {
  const missing = join(folder, 'missing.pem')
  expect(await refusal(localhost, { verifyServer: true, caCert: missing })).toContain(
    `cannot read the CA certificate file ${missing}: ENOENT`,
  )
  expect(
    await refusal(localhost, { verifyServer: true, clientCert: files.broken, clientKey: files.key }),
  ).toContain('TLS')
})

test('a server that does not speak TLS is an error that says so', async () => {
  const plain = await service((_, response) => send(response, 200, result(1)))
  const { adapter } = rigFor(plain.url.replace('http:', 'https:'))
  const error = await failureOf(adapter.connect(never()))
  expect(error).toMatchObject({ kind: 'connection', integration: 'it' })
  expect(error.message).toMatch(/TLS: /)
})
