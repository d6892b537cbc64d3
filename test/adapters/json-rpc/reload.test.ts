import { writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { ConnectionError } from '../../../src/core/errors/connection.js'
import type { Value } from '../../../src/core/value.js'
import { operation } from '../../support/adapter-context.js'
import { TestAuthority, temporaryFiles } from '../../support/authority.js'
import { failureOf } from '../../support/failure-of.js'
import { httpService, type ReceivedRequest, send } from '../../support/http-service.js'
import { waitFor } from '../../support/wait-for.js'
import { type Rig, rigFor } from './harness.js'

const ours = new TestAuthority()
const server = ours.issue()
const first = ours.issue({ name: 'first' })
const second = ours.issue({ name: 'second' })

interface Telling extends Rig {
  /** Of the client. */
  readonly files: { readonly ca: string; readonly cert: string; readonly key: string }
  /** Calls; the answer is the name in the certificate that was shown. */
  readonly call: () => Promise<Value>
}

const nameOf = (response: ServerResponse) => (response.socket as TLSSocket).getPeerCertificate().subject.CN

/** A server that tells who calls, on a connection for each request, and a client with certificates in files. */
async function telling(hold: (request: ReceivedRequest) => Promise<void> = async () => {}): Promise<Telling> {
  const strict = { ...server, ca: ours.ca, requestCert: true, rejectUnauthorized: true }
  const running = await httpService(
    async (request, response) => {
      const name = nameOf(response)
      await hold(request)
      const { id } = JSON.parse(request.text) as { id: number }
      send(response, 200, JSON.stringify({ jsonrpc: '2.0', id, result: name }), { connection: 'close' })
    },
    0,
    strict,
  )
  const files = temporaryFiles({ ca: ours.ca, cert: first.cert, key: first.key })
  onTestFinished(() => {
    files.remove()
    return running.close()
  })
  const tls = { verifyServer: true, caCert: files.ca, clientCert: files.cert, clientKey: files.key }
  const rig = rigFor('', { endpoint: { addresses: [running.url], tls } })
  await rig.adapter.connect(new AbortController().signal)
  return { ...rig, files, call: () => rig.rpc.call('m', undefined, operation()) }
}

test('a certificate that was replaced is shown by the next connection, and nothing is lost', async () => {
  const { call, files, context } = await telling()
  expect([await call(), await call()]).toEqual(['first', 'first'])
  writeFileSync(files.cert, second.cert)
  writeFileSync(files.key, second.key)
  expect([await call(), await call()]).toEqual(['second', 'second'])
  expect(context.lost).toEqual([])
})

test('a request under way finishes on its connection', async () => {
  let release!: () => void
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  let held = 0
  const { call, files } = await telling(({ text }) =>
    text.includes('"id":1') && ++held ? released : Promise.resolve(),
  )
  const slow = call()
  await waitFor(() => held === 1, { what: 'the request to arrive' })
  writeFileSync(files.cert, second.cert)
  writeFileSync(files.key, second.key)
  expect(await call()).toBe('second')
  release()
  expect(await slow).toBe('first')
})

test.each([
  ['half written', (files: Telling['files']) => writeFileSync(files.cert, second.cert.slice(0, 200))],
  ['of which one alone is replaced', (files: Telling['files']) => writeFileSync(files.cert, second.cert)],
  ['that hold nothing', (files: Telling['files']) => writeFileSync(files.ca, '')],
])('files %s leave the last good ones in use, with one warning', async (_, spoil) => {
  const { call, files, context } = await telling()
  spoil(files)
  expect([await call(), await call()]).toEqual(['first', 'first'])
  expect(context.records).toMatchObject([
    { level: 'warn', reason: expect.stringContaining(files.cert.slice(0, 12)) },
  ])
  writeFileSync(files.ca, ours.ca)
  writeFileSync(files.cert, second.cert)
  writeFileSync(files.key, second.key)
  expect(await call()).toBe('second')
  expect(context.records).toHaveLength(1)
})

test('an authority that is replaced by another decides about the next connection', async () => {
  const { call, files } = await telling()
  writeFileSync(files.ca, new TestAuthority().ca)
  const error = await failureOf(call())
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error.message).toContain('an authority that is not trusted')
  writeFileSync(files.ca, ours.ca)
  expect(await call()).toBe('first')
})
