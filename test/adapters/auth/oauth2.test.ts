import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { AuthError, ConnectionError } from '../../../src/core/errors/connection.js'
import { TimeoutError } from '../../../src/core/errors/operation.js'
import { settled } from '../../../src/testing/manual-clock.js'
import { LOCALHOST_CERT, LOCALHOST_KEY, TEST_CA } from '../../support/certificates.js'
import { failureOf } from '../../support/failure-of.js'
import { closedPort } from '../../support/http-service.js'
import { waitFor } from '../../support/wait-for.js'
import { oauth2, oauth2Settings, SECRET, sourceFor } from './support.js'

const HOUR = 3_600_000

test('a token is asked for once and used until it nears its end', async () => {
  const { source, server, clock } = await oauth2()
  const first = await source.token()
  expect(await source.token()).toBe(first)
  await clock.advance(HOUR - 61_000)
  expect(await source.token()).toBe(first)
  expect(server.given).toEqual([first])
})

test('it is renewed early, while the old one goes on being used', async () => {
  const { source, server, clock } = await oauth2()
  const first = await source.token()
  clock.stall(HOUR - 30_000)
  expect(await source.token()).toBe(first)
  await waitFor(() => server.given.length === 2, { what: 'the second token' })
  await waitFor(async () => (await source.token()) === server.given[1], { what: 'the second token in use' })
  expect(server.given).toHaveLength(2)
})

test('one request serves all who wait', async () => {
  const { source, server } = await oauth2()
  const tokens = await Promise.all(Array.from({ length: 50 }, () => source.token()))
  expect(new Set(tokens)).toEqual(new Set(server.given))
  expect(server.requests).toHaveLength(1)
})

test('a token that was refused is not given again; one refused twice costs one request', async () => {
  const { source, server } = await oauth2()
  const first = await source.token()
  source.rejected(first)
  const second = await source.token()
  source.rejected(first)
  expect(await source.token()).toBe(second)
  expect(server.given).toEqual([first, second])
})

test('a token without a lifetime is used until it is refused', async () => {
  const { source, server, clock } = await oauth2(() => ({}))
  const first = await source.token()
  clock.stall(1_000 * HOUR)
  expect(await source.token()).toBe(first)
  source.rejected(first)
  expect(await source.token()).toBe(server.given[1])
})

test.each(['basic', 'post'] as const)(
  'the client proves itself by %s; scopes and audience are asked for',
  async (clientAuth) => {
    const { source, server } = await oauth2(undefined, { clientAuth, scopes: ['a', 'b'], audience: 'api' })
    expect(await source.token()).toBe(server.given[0])
    const [request] = server.requests
    const form = new URLSearchParams(request!.text)
    expect([form.get('scope'), form.get('audience')]).toEqual(['a b', 'api'])
    expect(request!.headers.authorization !== undefined).toBe(clientAuth === 'basic')
    expect(form.has('client_secret')).toBe(clientAuth === 'post')
  },
)

test.each(['basic', 'post'] as const)(
  'a wrong secret is an AuthError without it (%s)',
  async (clientAuth) => {
    const { source } = await oauth2(undefined, { clientAuth, clientSecret: 'hunter2 wrong' })
    const error = await failureOf(source.token())
    expect(error).toBeInstanceOf(AuthError)
    expect(error.message).toContain('invalid_client')
    expect(error.message).not.toMatch(/hunter2/)
  },
)

test.each([
  ['another type of token', { type: 'mac' }],
  ['a token that no header carries', { token: 'a b' }],
  ['no token', { status: 200, body: { token_type: 'bearer', secret: SECRET } }],
  ['a redirect', { status: 307, headers: { location: 'http://127.0.0.1:1/' } }],
  ['an error', { status: 400, body: { error: 'invalid_scope', error_description: SECRET } }],
])('%s is an AuthError', async (_, answer) => {
  const { source } = await oauth2(() => answer)
  const error = await failureOf(source.token())
  expect(error).toBeInstanceOf(AuthError)
  expect(error).toMatchObject({ integration: 'it', retryable: false })
  expect(JSON.stringify(error) + error.message).not.toContain(SECRET)
})

test('an endpoint that asks for a pause gets it', async () => {
  const { source, server, clock } = await oauth2((count) =>
    count === 1 ? { status: 503, headers: { 'retry-after': '7' } } : { expiresIn: 60 },
  )
  const error = await failureOf(source.token())
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error).toMatchObject({ retryable: true, retryAfterMs: 7_000, errorClass: 'service-unavailable' })
  expect(await failureOf(source.token())).toBe(error)
  expect(server.requests).toHaveLength(1)
  clock.stall(7_000)
  expect(await source.token()).toBe(server.given[0])
})

test('a wall clock that is set to another time neither keeps a token nor puts one off', async () => {
  const { source, server, clock } = await oauth2((count) =>
    count === 1 ? { status: 503, headers: { 'retry-after': '7' } } : { expiresIn: 60 },
  )
  await failureOf(source.token())
  const wall = vi.spyOn(clock, 'now').mockReturnValue(clock.now() - 86_400_000)
  clock.stall(7_000)
  const token = await source.token()
  wall.mockReturnValue(clock.monotonic() - 7 * 86_400_000)
  clock.stall(60_000)
  expect(await source.token()).not.toBe(token)
  expect(server.given).toHaveLength(2)
})

test('a failure to renew shows when the old token has expired', async () => {
  const { source, server, clock, context } = await oauth2((count) =>
    count === 1 ? { expiresIn: 100 } : { status: 500 },
  )
  const first = await source.token()
  clock.stall(90_000)
  expect(await source.token()).toBe(first)
  await waitFor(() => context.records.length === 1, { what: 'the warning' })
  expect(await source.token()).toBe(first)
  await settled()
  expect(server.requests).toHaveLength(2)
  clock.stall(10_000)
  expect(await failureOf(source.token())).toBeInstanceOf(ConnectionError)
})

test('an endpoint that is silent, or not there, is an error in time', async () => {
  const { source, clock, server } = await oauth2(() => new Promise(() => {}), {}, { timeoutMs: 2_000 })
  const failing = failureOf(source.token())
  await waitFor(() => server.requests.length === 1, { what: 'the request' })
  await clock.advance(2_000)
  expect(await failing).toBeInstanceOf(TimeoutError)
  expect(await failing).toMatchObject({ operation: 'asking for a token', integration: 'it' })
  const away = sourceFor(oauth2Settings(`http://127.0.0.1:${await closedPort()}/token`))
  expect((await failureOf(away.source.token())).message).toContain('the connection was refused')
})

test('who gives up waiting leaves the others alone', async () => {
  let answer!: () => void
  const { source, server } = await oauth2(
    () =>
      new Promise((resolve) => {
        answer = () => resolve({})
      }),
  )
  const abort = new AbortController()
  const impatient = source.token(abort.signal)
  const patient = source.token()
  await waitFor(() => server.requests.length === 1, { what: 'the request' })
  abort.abort(new TimeoutError('call m'))
  await expect(impatient).rejects.toMatchObject({ operation: 'call m' })
  answer()
  expect(await patient).toBe(server.given[0])
})

test('closing ends what is under way; a later request begins anew', async () => {
  const { source, server } = await oauth2((count) => (count === 1 ? new Promise(() => {}) : {}))
  const failing = failureOf(source.token())
  await waitFor(() => server.requests.length === 1, { what: 'the request' })
  source.close()
  expect(await failing).toBeInstanceOf(ConnectionError)
  expect(await source.token()).toBe(server.given[0])
})

test('plain HTTP beyond this machine is refused unless it is allowed', async () => {
  const { source } = sourceFor(oauth2Settings('http://id.invalid/token'))
  expect(await failureOf(source.token())).toBeInstanceOf(AuthError)
  const allowed = sourceFor(oauth2Settings('http://id.invalid/token', { allowHttp: true }))
  expect(await failureOf(allowed.source.token())).toBeInstanceOf(ConnectionError)
})

test('over TLS the own authority of the endpoint is trusted, and the server is checked in any case', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nemo-token-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'ca.pem'), TEST_CA)
  const tls = { cert: LOCALHOST_CERT, key: LOCALHOST_KEY }
  const at = (settings: object) =>
    oauth2(undefined, {}, { endpoint: { addresses: ['x'], tls: { verifyServer: false, ...settings } } }, tls)
  const trusted = await at({ caCert: join(folder, 'ca.pem') })
  expect(await trusted.source.token()).toBe(trusted.server.given[0])
  const error = await failureOf((await at({})).source.token())
  expect(error).toBeInstanceOf(ConnectionError)
  expect(error.message).toContain('TLS: the certificate is signed by an authority that is not trusted')
})
