import { describe, expect, test } from 'vitest'
import { operation } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { answering } from './harness.js'

const context = operation()
const rpcError = '{"jsonrpc":"2.0","error":{"code":-32000,"message":"down"},"id":1}'
const batchError = `[${rpcError}]`

/** What a call, a notification and a batch reject with. */
async function failures(status: number, headers: Record<string, string> = {}, body = '<html>') {
  const { rpc } = await answering(body, { status, headers })
  return await Promise.all([
    failureOf(rpc.call('m', undefined, context)),
    failureOf(rpc.notify('m', undefined, context)),
    failureOf(rpc.batch!([{ method: 'm' }], context)),
  ])
}

describe('an HTTP status', () => {
  test.each([401, 403])('%i is a matter of credentials, whatever the body', async (status) => {
    for (const body of ['', '<html>', rpcError])
      for (const error of await failures(status, {}, body)) {
        expect(error).toMatchObject({ kind: 'auth', integration: 'it', retryable: false })
        expect(error.message).toContain(`HTTP ${status}`)
      }
  })

  test.each<[string, Record<string, string>, number]>([
    ['seconds', { 'retry-after': '7' }, 7000],
    ['no time', { 'retry-after': '0' }, 0],
    ['a date that has passed', { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 0],
    ['more than a day', { 'retry-after': '9'.repeat(400) }, 86_400_000],
    ['nothing', {}, 1000],
    ['nonsense', { 'retry-after': 'soon' }, 1000],
  ])('429 with %s to wait is a rate limit', async (_, headers, retryAfterMs) => {
    for (const error of await failures(429, headers))
      expect(error).toMatchObject({
        kind: 'rate-limited',
        retryAfterMs,
        integration: 'it',
        retryable: true,
        errorClass: 'rate-limited',
      })
  })

  test('429 with a date to come says how long that is', async () => {
    const date = new Date(Date.now() + 3_600_000).toUTCString()
    for (const error of await failures(429, { 'retry-after': date })) {
      const { retryAfterMs } = error as unknown as { retryAfterMs: number }
      expect(retryAfterMs).toBeGreaterThan(3_000_000)
      expect(retryAfterMs).toBeLessThanOrEqual(3_600_000)
    }
  })

  test.each([502, 503, 504])('%i is a service that is not there for now', async (status) => {
    const expected = {
      kind: 'connection',
      retryable: true,
      errorClass: 'service-unavailable',
      integration: 'it',
    }
    for (const error of await failures(status)) {
      expect(error).toMatchObject(expected)
      expect(error.message).toContain(`HTTP ${status}`)
      expect((error as { retryAfterMs?: number }).retryAfterMs).toBeUndefined()
    }
    for (const error of await failures(status, { 'retry-after': '2' }, rpcError))
      expect(error).toMatchObject({
        ...expected,
        kind: 'rpc',
        code: -32000,
        message: 'down',
        retryAfterMs: 2000,
      })
  })

  test('503 and 429 say that nothing was done, 503 only with a time to come back', async () => {
    for (const error of await failures(503, { 'retry-after': '1' })) expect(error.notExecuted).toBe(true)
    for (const error of await failures(429)) expect(error.notExecuted).toBe(true)
    for (const error of await failures(503)) expect(error.notExecuted).toBeUndefined()
    for (const error of await failures(502, { 'retry-after': '1' })) expect(error.notExecuted).toBeUndefined()
  })

  test.each([401, 403, 429])('%i keeps the words of the server', async (status) => {
    const body = '{"jsonrpc":"2.0","error":{"code":-32005,"message":"limit","data":{"rate":1}},"id":1}'
    for (const error of await failures(status, {}, body)) {
      expect(error.cause).toMatchObject({ kind: 'rpc', code: -32005, message: 'limit', data: { rate: 1 } })
      if (status !== 429) expect(error.message).toContain('-32005 limit')
    }
  })

  test.each([301, 302, 303, 307, 308])(
    '%i tells where the server is, and is not followed',
    async (status) => {
      for (const [location, shown] of [
        ['https://elsewhere.example/rpc?key=secret', 'https://elsewhere.example/rpc'],
        ['http://elsewhere.example/', 'http://elsewhere.example, with the same path'],
        ['http://[', 'http://['],
        ['file:///etc/passwd', 'file:///etc/passwd'],
        ['mailto:a@b?subject=secret', 'mailto:a@b'],
        ['ftp://ann:secret@host/x#secret', 'ftp://host/x'],
        ['file:///a\u0085b', 'file:///a\\u0085b'],
        [`file:///${'a'.repeat(300)}`, `file:///${'a'.repeat(192)}…`],
      ] as const)
        for (const error of await failures(status, { location })) {
          expect(error).toMatchObject({ kind: 'connection', retryable: false, notExecuted: true })
          expect(error.message).toContain(`redirects to ${shown} (HTTP ${status}`)
          expect(error.message).not.toContain('secret')
        }
      for (const error of await failures(status)) expect(error.message).toContain('redirects elsewhere')
    },
  )

  test.each([400, 404, 405, 413, 500, 501, 599])(
    '%i is explained by an error of JSON-RPC',
    async (status) => {
      const { rpc } = await answering(rpcError, { status })
      const expected = { kind: 'rpc', code: -32000, message: 'down' }
      expect(await failureOf(rpc.call('m', undefined, context))).toMatchObject(expected)
      const { rpc: other } = await answering(batchError, { status })
      const [outcome] = await other.batch!([{ method: 'm' }], context)
      expect(outcome).toMatchObject({ ok: false, error: expected })
    },
  )

  test('of a notification is explained by an error without an id', async () => {
    const body = '{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null}'
    const { rpc } = await answering(body, { status: 400 })
    expect(await failureOf(rpc.notify('m', undefined, context))).toMatchObject({ kind: 'rpc', code: -32600 })
  })

  test.each([400, 404, 500])(
    '%i with an error that has no code is an error with that code',
    async (status) => {
      const { rpc } = await answering('{"error":"no"}', { status })
      for (const asked of [
        () => rpc.call('m', undefined, context),
        () => rpc.notify('m', undefined, context),
      ])
        expect(await failureOf(asked())).toMatchObject({
          kind: 'rpc',
          code: status,
          message: 'no',
          data: 'no',
        })
    },
  )

  test.each([304, 400, 404, 405, 415, 500, 501, 599])(
    '%i that nothing explains is an error with that code',
    async (status) => {
      for (const body of ['', '<html>', '{"jsonrpc":"2.0","result":1,"id":1}'])
        for (const error of await failures(status, { 'content-type': 'text/html', location: '/x' }, body)) {
          expect(error).toMatchObject({ kind: 'rpc', code: status, integration: 'it', retryable: false })
          expect(error.message).toMatch(new RegExp(`^HTTP ${status}.*expected a JSON-RPC answer`))
        }
    },
  )

  test.each([200, 202, 204])(
    '%i without a body is all a notification needs, and no answer to a call',
    async (status) => {
      const { rpc } = await answering('', { status })
      await rpc.notify('m', undefined, context)
      const error = await failureOf(rpc.call('m', undefined, context))
      expect(error).toMatchObject({ kind: 'serialize', integration: 'it' })
      expect(error.message).toContain(`empty answer (HTTP ${status}`)
    },
  )

  test('200 with any body is all a notification needs', async () => {
    const { rpc, server } = await answering('thanks!')
    await rpc.notify('m', undefined, context)
    expect(server.requests.length).toBe(1)
  })
})
