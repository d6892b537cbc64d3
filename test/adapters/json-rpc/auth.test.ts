import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { AuthSettings } from '../../../src/core/settings/auth.js'
import { operation } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { closedPort, send } from '../../support/http-service.js'
import { answering, connected, result, rigFor, service } from './harness.js'

const context = operation()
const bearer: AuthSettings = { type: 'bearer', token: 's3cr3t-t0ken' }
const basic: AuthSettings = { type: 'basic', username: 'zoë', password: 'pa:ss-w0rd' }
const basicValue = Buffer.from('zoë:pa:ss-w0rd').toString('base64')

describe('headers', () => {
  test.each([
    [bearer, 'Bearer s3cr3t-t0ken'],
    [basic, `Basic ${basicValue}`],
    [{ type: 'none' } as const, undefined],
  ])('%o', async (auth, expected) => {
    const { rpc, server } = await answering(result(1), { settings: { auth } })
    await rpc.call('m', undefined, context)
    expect(server.requests[0]!.headers.authorization).toBe(expected)
  })

  test('of the configuration are sent; ours have defaults', async () => {
    const config = {
      headers: { 'X-Tenant': 'blue', Accept: 'application/json-rpc', Authorization: 'Other x' },
    }
    const { rpc, server } = await answering(result(1), { settings: { config, auth: bearer } })
    await rpc.call('m', undefined, context)
    expect(server.requests[0]!.headers).toMatchObject({
      'x-tenant': 'blue',
      accept: 'application/json-rpc',
      'content-type': 'application/json',
      authorization: 'Bearer s3cr3t-t0ken',
    })
  })

  test('with credentials that none can carry are refused without showing them', async () => {
    for (const auth of [
      { ...bearer, token: 's3cr3t\r\nx: y' },
      { ...bearer, token: '' },
      { ...bearer, token: 's3cr3t tøken' },
      { ...basic, username: 's3cr3t:user' },
    ] as AuthSettings[]) {
      const error = await failureOf(
        rigFor('http://127.0.0.1:9', { auth }).adapter.connect(new AbortController().signal),
      )
      expect(error).toMatchObject({ kind: 'auth', integration: 'it' })
      expect(inspect(error, { depth: 10 })).not.toContain('s3cr3t')
    }
  })
})

/** Whether anything that can be reached from the error holds one of the secrets. */
function expectNoSecret(error: unknown, seen = new Set<unknown>()): void {
  const secrets = ['s3cr3t-t0ken', 'pa:ss-w0rd', basicValue, 'api-k3y']
  if (typeof error === 'string') for (const secret of secrets) expect(error).not.toContain(secret)
  if (ArrayBuffer.isView(error)) expectNoSecret(Buffer.from(error.buffer).toString('latin1'), seen)
  if (typeof error !== 'object' || error === null || seen.has(error)) return
  seen.add(error)
  for (const key of Reflect.ownKeys(error)) expectNoSecret((error as Record<PropertyKey, unknown>)[key], seen)
}

describe('no error shows the credentials', () => {
  test.each([bearer, basic])('%o', async (auth) => {
    const refusing = `http://127.0.0.1:${await closedPort()}/rpc?key=api-k3y`
    const config = { headers: { 'x-api-key': 'api-k3y' } }
    expectNoSecret(
      await failureOf(rigFor(refusing, { auth, config }).adapter.connect(new AbortController().signal)),
    )

    const responses: ((response: import('node:http').ServerResponse) => void)[] = [
      ...[200, 401, 403, 404, 429, 500, 503].map(
        (status) => (response: import('node:http').ServerResponse) => {
          send(response, status, '<html>')
        },
      ),
      (response) => response.destroy(),
      (response) => response.socket!.end('nonsense'),
      (response) => response.writeHead(200, { 'content-length': 100 }).write('{', () => response.destroy()),
    ]
    for (const respond of responses) {
      const server = await service((_, response) => respond(response))
      const { rpc } = await connected(`${server.url}/rpc?key=api-k3y`, { auth, config })
      expectNoSecret(await failureOf(rpc.call('m', undefined, context)))
    }
  })
})
