import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { AuthSettings } from '../../../src/core/settings/auth.js'
import type { IntegrationSettings } from '../../../src/core/settings/integration.js'
import { encodeError } from '../../../src/mailbox/error-codec.js'
import { operation, until } from '../../support/adapter-context.js'
import { failureOf } from '../../support/failure-of.js'
import { send } from '../../support/http-service.js'
import { tokenServer } from '../../support/token-server.js'
import { oauth2Settings, SECRET } from '../auth/support.js'
import { connected, rigFor, service } from './harness.js'
import { service as socketService } from './websocket/harness.js'

const context = operation()
const KEY = 'another-unmistakable-key'

type Case = readonly [name: string, settings: () => Promise<Partial<IntegrationSettings>>]
const fixed = (auth: AuthSettings) => async () => ({ auth })

const CASES: readonly Case[] = [
  ['basic', fixed({ type: 'basic', username: 'ann', password: SECRET })],
  ['bearer', fixed({ type: 'bearer', token: SECRET })],
  [
    'jwt',
    fixed({
      type: 'jwt',
      key: { kind: 'secret', secret: SECRET },
      algorithm: 'HS256',
      expiresInMs: 60_000,
      claims: {},
    }),
  ],
  [
    'oauth2',
    async () => {
      const issuer = await tokenServer({ id: 'client:1', secret: SECRET })
      onTestFinished(() => issuer.close())
      return { auth: oauth2Settings(issuer.url) }
    },
  ],
  ['a header', async () => ({ config: { headers: { 'x-api-key': KEY } } })],
]

/** What a server can repeat of a request: its headers as they are, and their parts as it may decode them. */
function echoOf(headers: Readonly<Record<string, unknown>>): { text: string; parts: string[] } {
  const sent = String(headers.authorization ?? headers['x-api-key'] ?? '')
  const credential = sent.replace(/^\w+ /, '')
  const decoded = Buffer.from(credential, 'base64').toString()
  const parts = [sent, credential, ...(sent.startsWith('Basic') ? [decoded, decoded.split(':')[1]!] : [])]
  return { text: parts.join(' and '), parts }
}

/** Everything that can be read off an error, on this side of the thread and on the other. */
const readings = (value: unknown) =>
  inspect(value, { depth: 20, showHidden: true, maxStringLength: Infinity }) +
  (value instanceof Error ? JSON.stringify(encodeError(value)) : JSON.stringify(value))

describe.each(CASES)('credentials by %s that a server repeats are not shown', (_, settingsOf) => {
  test.each([200, 302, 400, 401, 403, 429, 500, 503])('over HTTP, with the status %i', async (status) => {
    const settings = await settingsOf()
    const seen = new Set<string>()
    const server = await service(({ headers }, response) => {
      const { text, parts } = echoOf(headers)
      for (const part of parts) seen.add(part)
      const error = { code: 1, message: `bad ${text}`, data: { [text]: [parts, { text }] } }
      send(response, status, JSON.stringify({ jsonrpc: '2.0', id: null, error }), {
        location: `http://127.0.0.1/${encodeURIComponent(text)}?${encodeURIComponent(text)}`,
        'content-type': text,
      })
    })
    const { rpc } = await connected(server.url, settings)
    const batch = rpc.batch!([{ method: 'm' }, { method: 'm' }], context).then((outcomes) => {
      const [outcome] = outcomes
      throw outcome!.ok ? new Error('it did not fail') : outcome!.error
    })
    const errors = await Promise.all([
      failureOf(rpc.call('m', undefined, context)),
      failureOf(batch),
      ...(status === 200 ? [] : [failureOf(rpc.notify('m', undefined, context))]),
    ])
    expect(seen.size).toBeGreaterThan(0)
    for (const error of errors) {
      for (const part of seen) expect(readings(error)).not.toContain(part)
      if (status !== 302) expect(readings(error)).toContain('****')
    }
  })

  test.each([
    ['text', (text: string) => text],
    ['an error without a message', (text: string) => JSON.stringify({ id: 1, error: { text } })],
    [
      'an error that is cut short',
      (text: string) => JSON.stringify({ id: 1, error: 'x'.repeat(190) + text }),
    ],
    ['an id', (text: string) => JSON.stringify({ id: text, result: 1 })],
  ])('over HTTP, in %s', async (_, bodyOf) => {
    const seen = new Set<string>()
    const server = await service(({ headers }, response) => {
      const { text, parts } = echoOf(headers)
      for (const part of parts) seen.add(part.slice(0, 10))
      send(response, 200, bodyOf(text), { 'content-type': text })
    })
    const { rpc } = await connected(server.url, await settingsOf())
    const error = await failureOf(rpc.call('m', undefined, context))
    for (const part of seen) expect(readings(error)).not.toContain(part)
  })

  test('over HTTP, in an answer that is not HTTP', async () => {
    const seen = new Set<string>()
    const server = await service(({ headers }, response) => {
      const { text, parts } = echoOf(headers)
      for (const part of parts) seen.add(part)
      response.socket!.end(`HTTP/1.1 200 OK\r\n${text}\r\n\r\n${text}`)
    })
    const { rpc } = await connected(server.url, await settingsOf())
    const error = await failureOf(rpc.call('m', undefined, context))
    expect(error.kind).toBe('connection')
    for (const part of seen) expect(readings(error)).not.toContain(part)
  })

  test('over WebSocket: in an error, in one without an id, and in the reason of the end', async () => {
    const seen = new Set<string>()
    const server = await socketService((message, { socket, request }) => {
      const { text, parts } = echoOf(request.headers)
      for (const part of parts) seen.add(part)
      const { id, method } = JSON.parse(message) as { id: number; method: string }
      if (method === 'end') return socket.close(4000, parts.at(-1)!.slice(0, 120))
      const error = { code: 1, message: `bad ${text}`, data: { text } }
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: null, error }))
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, error }))
    })
    const { rpc, context: adapter } = await connected(server.url, await settingsOf())
    const errors = [
      await failureOf(rpc.call('m', undefined, context)),
      await failureOf(rpc.call('end', undefined, context)),
    ]
    await until(() => adapter.records.length > 0, 'the message without an id to be logged')
    for (const reading of [...errors, ...adapter.lost, adapter.records])
      for (const part of seen) expect(readings(reading)).not.toContain(part)
    expect(errors[0]!.message).toMatch(/^bad (\w+ )?\*{4}/)
  })

  test('over WebSocket, in the answer to the handshake', async () => {
    const seen = new Set<string>()
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    server.on('upgrade', (request, stream) => {
      const { text, parts } = echoOf(request.headers)
      for (const part of parts) seen.add(part)
      stream.end(`HTTP/1.1 302 Found\r\nlocation: ws://127.0.0.1/${encodeURIComponent(text)}\r\n\r\n`)
    })
    const { adapter } = rigFor(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, await settingsOf())
    const error = await failureOf(adapter.connect(new AbortController().signal))
    expect(error.message).toContain('****')
    for (const part of seen) expect(readings(error)).not.toContain(part)
  })
})
