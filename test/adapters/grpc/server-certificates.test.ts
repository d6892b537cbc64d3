import { writeFile } from 'node:fs/promises'
import { Server } from '@grpc/grpc-js'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { listenerCredentials } from '../../../src/adapters/grpc/server/credentials.js'
import { adapterContext, until } from '../../support/adapter-context.js'
import { TestAuthority, temporaryFiles } from '../../support/authority.js'
import { failureOf } from '../../support/failure-of.js'
import { StepClock } from '../../support/step-clock.js'
import { never, rigFor } from './harness.js'

const ours = new TestAuthority()
const others = new TestAuthority('another authority')
const server = ours.issue()
const client = ours.issue({ name: 'client' })
const stranger = others.issue({ name: 'stranger' })
const files = temporaryFiles({
  ca: ours.ca,
  clientCa: ours.ca,
  serverCert: server.cert,
  serverKey: server.key,
  cert: client.cert,
  key: client.key,
  strangerCert: stranger.cert,
  strangerKey: stranger.key,
})
afterAll(() => files.remove())

/** More than the pause between two looks at the files. */
const A_WHILE_MS = 10_000

test('a replaced authority of clients is taken up, and a broken file is a warning', async () => {
  const clock = new StepClock()
  const { log, settings, records } = adapterContext({ name: 'it' }, 'id', clock)
  const tls = { cert: files.serverCert, key: files.serverKey, clientCa: files.clientCa }
  const { credentials, close } = await listenerCredentials(tls, { clock, log, settings })
  onTestFinished(close)
  const listener = new Server()
  onTestFinished(() => listener.forceShutdown())
  const port = await new Promise<number>((resolve, reject) =>
    listener.bindAsync('127.0.0.1:0', credentials, (error, at) => (error ? reject(error) : resolve(at))),
  )
  const connect = (clientCert: string, clientKey: string) => {
    const tls = { verifyServer: true, caCert: files.ca, clientCert, clientKey }
    const endpoint = { addresses: [`127.0.0.1:${port}`], tls }
    return rigFor('', { auth: { type: 'mtls' }, endpoint }).adapter.connect(never())
  }
  const warnings = () => records.filter(({ level }) => level === 'warn').map(({ message }) => message)
  await connect(files.cert, files.key)
  expect(await failureOf(connect(files.strangerCert, files.strangerKey))).toMatchObject({ kind: 'auth' })

  await writeFile(files.clientCa, others.ca)
  await clock.advance(A_WHILE_MS)
  await until(() => records.some(({ message }) => message.includes('were replaced')), 'the new authority')
  await connect(files.strangerCert, files.strangerKey)
  expect(await failureOf(connect(files.cert, files.key))).toMatchObject({ kind: 'auth' })

  await writeFile(files.clientCa, '-----BEGIN CERTIFICATE-----\nMIIB')
  await clock.advance(A_WHILE_MS)
  await until(() => warnings().length === 1, 'the warning')
  expect(warnings()[0]).toMatch(/cannot be used: .*the earlier files stay in use/)
  await connect(files.strangerCert, files.strangerKey)
})
