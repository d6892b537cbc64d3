import { inspect } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { AuthError } from '../../../src/core/errors/connection.js'
import { RpcError } from '../../../src/core/errors/rpc.js'
import type { AuthSettings } from '../../../src/core/settings/auth.js'
import { until, within } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { tokenServer } from '../../support/token-server.js'
import { ADMITTED, type Admits, BASIC_HEADER, isSigned, REFUSED, WRONG } from '../auth/credentials.js'
import { oauth2Settings, SECRET } from '../auth/support.js'
import { connected, Listener, type Served, served } from './harness.js'

/** A service that lets through what `admits` does, and repeats in its refusal what it was shown. */
function guarded(admits: Admits): Promise<Served> {
  return served({
    'a.B/C': async ({ headers }) => {
      const header = headers?.authorization ?? ''
      if (await admits(header)) return header
      throw new RpcError(16, `who is ${header}?`)
    },
  })
}

test.each(ADMITTED)('%s is accepted', async (_, auth, admits) => {
  const { address } = await guarded(admits)
  const { rpc } = await connected(address, { auth })
  expect(await rpc.call('a.B/C', undefined, within())).toEqual(expect.any(String))
})

test.each(REFUSED)('%s is refused with an AuthError that does not show it', async (_, auth) => {
  const { address } = await guarded(async (header) => header === BASIC_HEADER || (await isSigned(header)))
  const { rpc, pubsub } = await connected(address, { auth })
  const shown = auth.type === 'basic' ? Buffer.from(`ann:${WRONG}`).toString('base64') : WRONG
  for (const attempt of [
    () => rpc.call('a.B/C', undefined, within()),
    () => rpc.notify('a.B/C', undefined, within()),
    () => pubsub.subscribe('a.B/C', { params: {} }, new Listener(), within()),
  ]) {
    const error = await failureOf(attempt())
    expect(error).toBeInstanceOf(AuthError)
    expect(error).toMatchObject({ integration: 'it' })
    const whole = inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error)
    expect(whole).not.toContain(WRONG)
    expect(whole).not.toContain(shown)
  }
})

describe('oauth2', () => {
  async function tokens(answer: (count: number) => { token: string; expiresIn: number }) {
    const server = await tokenServer({ id: 'us', secret: SECRET }, answer)
    onTestFinished(() => server.close())
    return { server, auth: { ...oauth2Settings(server.url), clientId: 'us', clientSecret: SECRET } }
  }

  test('is accepted, with one token for all calls', async () => {
    const { server, auth } = await tokens(() => ({ token: 'granted', expiresIn: 3_600 }))
    const { address } = await guarded((header) => header === 'Bearer granted')
    const { rpc } = await connected(address, { auth })
    const calls = Array.from({ length: 5 }, () => rpc.call('a.B/C', undefined, within()))
    expect(await Promise.all(calls)).toEqual(Array(5).fill('Bearer granted'))
    expect(server.requests).toHaveLength(1)
  })

  test('a token that is refused is replaced once', async () => {
    const { server, auth } = await tokens((count) => ({ token: `token-${count}`, expiresIn: 3_600 }))
    const { address } = await guarded((header) => header === 'Bearer token-2')
    const { rpc } = await connected(address, { auth })
    expect(await rpc.call('a.B/C', undefined, within())).toBe('Bearer token-2')
    expect(server.requests).toHaveLength(2)
  })

  test('a token that is refused is replaced once for a subscription', async () => {
    const { server, auth } = await tokens((count) => ({ token: `token-${count}`, expiresIn: 3_600 }))
    const { address } = await guarded((header) => header === 'Bearer token-2')
    const { pubsub } = await connected(address, { auth })
    const sink = new Listener()
    await pubsub.subscribe('a.B/C', { params: {} }, sink, within())
    await until(() => sink.messages.length > 0, 'the answer')
    expect(sink.values).toEqual(['Bearer token-2'])
    expect(server.requests).toHaveLength(2)
  })

  test('is refused after that with an AuthError that does not show it', async () => {
    const { server, auth } = await tokens((count) => ({ token: `unmistakable-${count}`, expiresIn: 3_600 }))
    const { address } = await guarded(() => false)
    const { rpc } = await connected(address, { auth })
    const error = await failureOf(rpc.call('a.B/C', undefined, within()))
    expect(error).toBeInstanceOf(AuthError)
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('unmistakable')
    expect(server.requests).toHaveLength(2)
  })
})

test('credentials that metadata cannot carry are refused without showing them', async () => {
  const { address } = await guarded(() => true)
  for (const auth of [
    { type: 'bearer', token: 's3cr3t\r\nx: y' },
    { type: 'bearer', token: '' },
    { type: 'basic', username: 's3cr3t:user', password: 'x' },
  ] as AuthSettings[]) {
    const attempt = connected(address, { auth }).then(({ rpc }) => rpc.call('a.B/C', undefined, within()))
    const error = await failureOf(attempt)
    expect(error).toMatchObject({ kind: 'auth', integration: 'it' })
    expect(inspect(error, { depth: 10 })).not.toContain('s3cr3t')
  }
})
