import { inspect } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { AuthError } from '../../../src/core/errors/connection.js'
import type { AuthSettings } from '../../../src/core/settings/auth.js'
import type { IntegrationSettings } from '../../../src/core/settings/integration.js'
import { operation } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { type HttpService, type ReceivedRequest, send } from '../../support/http-service.js'
import { type TokenServer, tokenServer } from '../../support/token-server.js'
import { webSocketService } from '../../support/websocket-service.js'
import {
  ADMITTED,
  type Admits,
  BASIC_HEADER,
  basic,
  isSigned,
  JWT,
  REFUSED,
  WRONG,
} from '../auth/credentials.js'
import { oauth2Settings, SECRET } from '../auth/support.js'
import { connected, rigFor, service } from './harness.js'

const context = operation()
const never = () => new AbortController().signal

/** A service that lets through what `admits` does; it answers every call with the header that let it in. */
function guarded(admits: Admits): Promise<HttpService> {
  return service(async (request, response) => {
    const header = request.headers.authorization ?? ''
    if (!(await admits(header))) return send(response, 401, `{"refused": ${JSON.stringify(header)}}`)
    send(response, 200, JSON.stringify({ jsonrpc: '2.0', result: header, id: idOf(request) }))
  })
}

const idOf = ({ text }: ReceivedRequest) => (JSON.parse(text) as { id: number }).id

describe.each(ADMITTED)('%s', (_, auth, admits) => {
  test('is accepted', async () => {
    const server = await guarded(admits)
    const { rpc } = await connected(server.url, { auth })
    expect(await rpc.call('m', undefined, context)).toBe(server.requests[0]!.headers.authorization ?? '')
    expect(server.requests).toHaveLength(1)
  })
})

test.each(REFUSED)('%s is refused with an AuthError that does not show it', async (_, auth) => {
  const server = await guarded(async (header) => header === BASIC_HEADER || (await isSigned(header)))
  const { rpc } = await connected(server.url, { auth })
  for (const attempt of [
    () => rpc.call('m', undefined, context),
    () => rpc.notify('m', undefined, context),
    () => rpc.batch!([{ method: 'm' }], context),
  ]) {
    const error = await failureOf(attempt())
    expect(error).toBeInstanceOf(AuthError)
    expect(inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error)).not.toContain(WRONG)
  }
})

describe('oauth2', () => {
  async function authority(answer?: Parameters<typeof tokenServer>[1]): Promise<TokenServer> {
    const server = await tokenServer({ id: 'client:1', secret: SECRET }, answer)
    onTestFinished(() => server.close())
    return server
  }
  const settings = (issuer: TokenServer): Partial<IntegrationSettings> => ({
    auth: oauth2Settings(issuer.url),
  })

  test('one token serves all calls', async () => {
    const issuer = await authority()
    const server = await guarded((header) => header === `Bearer ${issuer.given.at(-1)}`)
    const { rpc } = await connected(server.url, settings(issuer))
    await Promise.all(Array.from({ length: 20 }, () => rpc.call('m', undefined, context)))
    expect([issuer.requests.length, server.requests.length]).toEqual([1, 20])
  })

  test('a wrong secret shows when it connects', async () => {
    const issuer = await authority()
    const server = await guarded(() => true)
    const { adapter } = rigFor(server.url, { auth: oauth2Settings(issuer.url, { clientSecret: WRONG }) })
    const error = await failureOf(adapter.connect(never()))
    expect(error).toBeInstanceOf(AuthError)
    expect(inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error)).not.toContain(WRONG)
    expect(server.requests).toHaveLength(0)
  })

  test('a token that was withdrawn is replaced once, and the call succeeds', async () => {
    const issuer = await authority()
    let withdrawn = ''
    const server = await guarded((header) => header !== `Bearer ${withdrawn}`)
    const { rpc } = await connected(server.url, settings(issuer))
    expect(await rpc.call('m', undefined, context)).toBe(`Bearer ${issuer.given[0]}`)
    withdrawn = issuer.given[0]!
    const answers = await Promise.all(Array.from({ length: 10 }, () => rpc.call('m', undefined, context)))
    expect(new Set(answers)).toEqual(new Set([`Bearer ${issuer.given[1]}`]))
    expect(issuer.given).toHaveLength(2)
  })

  test('a server that takes no token is asked twice for a call, and that is an AuthError', async () => {
    const issuer = await authority()
    const server = await guarded(() => false)
    const { rpc } = await connected(server.url, settings(issuer))
    const error = await failureOf(rpc.call('m', undefined, context))
    expect(error).toBeInstanceOf(AuthError)
    for (const token of issuer.given) expect(inspect(error, { depth: 20 })).not.toContain(token)
    expect([server.requests.length, issuer.requests.length]).toEqual([2, 2])
  })

  test('a token endpoint that is down is a ConnectionError, and the service is not asked again', async () => {
    const issuer = await authority((count) => (count === 1 ? { expiresIn: 60 } : { status: 503 }))
    const server = await guarded(() => false)
    const { rpc, context: adapter } = await connected(server.url, settings(issuer))
    const error = await failureOf(rpc.call('m', undefined, context))
    expect(error).toMatchObject({ kind: 'connection', retryable: true, errorClass: 'service-unavailable' })
    expect([server.requests.length, adapter.lost.length]).toEqual([1, 0])
  })
})

describe('over WebSocket', () => {
  /** A WebSocket that lets in whom `admits` does. */
  async function guardedSocket(admits: (header: string) => boolean) {
    const headers: string[] = []
    const server = await webSocketService(
      (text, { socket }) => {
        const { id, params } = JSON.parse(text) as { id: number; params: unknown }
        socket.send(JSON.stringify({ jsonrpc: '2.0', id, result: params }))
      },
      {
        admits: ({ headers: { authorization = '' } }) => {
          headers.push(authorization)
          return admits(authorization)
        },
      },
    )
    onTestFinished(() => server.close())
    return { url: server.url, headers }
  }

  test.each([
    ['basic', basic(SECRET), BASIC_HEADER],
    ['bearer', { type: 'bearer', token: SECRET }, `Bearer ${SECRET}`],
  ] as [string, AuthSettings, string][])('%s is in the handshake', async (_, auth, expected) => {
    const { url } = await guardedSocket((header) => header === expected)
    const { rpc } = await connected(url, { auth })
    expect(await rpc.call('m', [1], context)).toEqual([1])
    const refused = await failureOf(rigFor(url, { auth: basic(WRONG) }).adapter.connect(never()))
    expect(refused).toBeInstanceOf(AuthError)
    expect(inspect(refused, { depth: 20, showHidden: true })).not.toContain(WRONG)
  })

  test('a token that is refused is replaced once', async () => {
    const accepted = await guardedSocket((header) => header !== accepted.headers[0])
    const { rpc } = await connected(accepted.url, { auth: JWT })
    expect(await rpc.call('m', [1], context)).toEqual([1])
    expect(await Promise.all(accepted.headers.map(isSigned))).toEqual([true, true])

    const closed = await guardedSocket(() => false)
    const refused = await failureOf(rigFor(closed.url, { auth: JWT }).adapter.connect(never()))
    expect(refused).toBeInstanceOf(AuthError)
    expect(new Set(closed.headers).size).toBe(2)
    for (const header of closed.headers)
      expect(inspect(refused, { depth: 20, showHidden: true })).not.toContain(header.slice(7))
  })
})

test.each([429, 503])('a pause that the server asks for with %i is in the error', async (status) => {
  const server = await service((_, response) => send(response, status, '', { 'retry-after': '3' }))
  const { rpc } = await connected(server.url)
  expect(await failureOf(rpc.call('m', undefined, context))).toMatchObject({
    retryable: true,
    retryAfterMs: 3_000,
  })
})
