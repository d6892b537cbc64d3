import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeHeaders, encodeHeaders } from '../../../src/adapters/nats/client/headers.js'
import type { MessageView } from '../../../src/adapters/nats/client/message-view.js'
import { MalformedProtocol, Parser } from '../../../src/adapters/nats/client/parser.js'
import { isAtLeast, parseInfo } from '../../../src/adapters/nats/client/server-info.js'

/** A parser that writes down what it is told. */
function recording(maxFrame = 1_000) {
  const told: unknown[] = []
  const seen = (view: MessageView) => ({
    sid: view.sid,
    subject: view.subject,
    reply: view.reply,
    headers: view.headers,
  })
  const parser = new Parser(
    {
      onMessage: (view) => told.push({ ...seen(view), payload: view.payload.toString('latin1') }),
      onOversize: (view) => told.push({ ...seen({ ...view, headers: {} } as MessageView), size: view.size }),
      onPing: () => told.push('PING'),
      onPong: () => told.push('PONG'),
      onError: (error) => told.push({ error }),
      onInfo: (info) => told.push({ info }),
    },
    maxFrame,
  )
  return { told, parser }
}

/** Feeds the bytes in pieces of these sizes, over and over. */
function feed(parser: Parser, bytes: Buffer, sizes: readonly number[]): void {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length] ?? bytes.length)
    // A copy: what the parser has been given it may keep.
    parser.feed(Buffer.from(bytes.subarray(at, at + size)))
    at += size
  }
}

const HEADERS = encodeHeaders({ a: 'ü', b: '' })
const STREAM = Buffer.concat([
  Buffer.from('PING\r\nMSG a.b 1 5\r\nhello\r\n+OK\r\nMSG ключ.b 12 _INBOX.x 0\r\n\r\nPONG\r\n'),
  Buffer.from(`HMSG a 3 r.1 ${HEADERS.length} ${HEADERS.length + 4}\r\n`),
  HEADERS,
  Buffer.from('\r\n\r\n\r\n'),
  Buffer.from(`-ERR 'Stale Connection'\r\nINFO {"ldm": true}\r\nMSG\ta\t 1  2\r\n\r\n\r\n`),
])
const TOLD = [
  'PING',
  { sid: 1, subject: 'a.b', reply: undefined, headers: {}, payload: 'hello' },
  { sid: 12, subject: 'ключ.b', reply: '_INBOX.x', headers: {}, payload: '' },
  'PONG',
  { sid: 3, subject: 'a', reply: 'r.1', headers: { headers: { a: 'ü', b: '' } }, payload: '\r\n\r\n' },
  { error: 'Stale Connection' },
  { info: '{"ldm": true}' },
  { sid: 1, subject: 'a', reply: undefined, headers: {}, payload: '\r\n' },
]

test('what a server says is told alike, however the network cuts it', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }), (sizes) => {
      const { told, parser } = recording()
      feed(parser, STREAM, sizes)
      expect(told).toEqual(TOLD)
    }),
  )
  const { told, parser } = recording()
  feed(parser, STREAM, [1])
  expect(told).toEqual(TOLD)
})

test('a body beyond the limit is left out, and the rest is read', () => {
  for (const size of [1, 3, 1_000]) {
    const { told, parser } = recording(10)
    feed(parser, Buffer.from(`MSG a 1 11\r\n${'x'.repeat(11)}\r\nMSG a 1 1\r\ny\r\n`), [size])
    expect(told).toMatchObject([
      { sid: 1, size: 11 },
      { sid: 1, payload: 'y' },
    ])
  }
})

test('a parser that was closed says nothing more, not even of what it has read', () => {
  const { told, parser } = recording()
  parser.feed(Buffer.from('PING\r\nMSG a 1 5\r\nhel'))
  parser.close()
  parser.feed(Buffer.from('lo\r\nPING\r\n'))
  expect(told).toEqual(['PING'])
})

test('bytes that are not NATS end in MalformedProtocol and nothing else', () => {
  const wrong = [
    'GET / HTTP/1.1\r\n',
    'MSG a 1\r\n',
    'MSG a 1 2 3 4\r\n',
    'MSG a x 5\r\n',
    'MSG a 1 -5\r\n',
    'MSG a 1 99999999999999999999\r\n',
    'HMSG a 1 9 5\r\n',
    'MSG a 1 2\r\nabcd\r\n',
    'POEM\r\n',
    '\r\n',
  ]
  for (const text of wrong)
    expect(() => recording().parser.feed(Buffer.from(text)), text).toThrow(MalformedProtocol)
  expect(() => feed(recording().parser, Buffer.alloc(1_100_000, 'I'), [65_536])).toThrow(MalformedProtocol)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      try {
        recording().parser.feed(Buffer.concat([Buffer.from('MSG '), noise]))
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedProtocol)
      }
    }),
  )
})

test('headers go round, and what would break out of them is refused', () => {
  const headers = { trace: 'a1', text: 'ü \u{1f600}', empty: '', led: ' by a space' }
  expect({ ...decodeHeaders(encodeHeaders(headers)).headers }).toEqual(headers)
  expect(decodeHeaders(Buffer.from('NATS/1.0 503\r\n\r\n'))).toEqual({ status: 503, description: '' })
  expect(decodeHeaders(Buffer.from('NATS/1.0 404 No Messages\r\nA:1\r\nA: 2\r\nnoise\r\n\r\n'))).toEqual({
    status: 404,
    description: 'No Messages',
    headers: { A: '1, 2' },
  })
  const polluting = decodeHeaders(Buffer.from('NATS/1.0\r\n__proto__: x\r\n\r\n')).headers!
  expect(Object.keys(polluting)).toEqual(['__proto__'])
  expect(({} as { x?: unknown }).x).toBeUndefined()
  for (const bad of [{ 'a b': '' }, { 'a:b': '' }, { '': '' }, { ü: '' }, { a: 'x\r\nb: y' }, { a: 1 }])
    expect(() => encodeHeaders(bad as Record<string, string>)).toThrow(RangeError)
})

test('INFO is read with defaults, and nonsense is malformed', () => {
  expect(parseInfo('{}')).toEqual({
    version: '0.0.0',
    headers: false,
    jetstream: false,
    tlsRequired: false,
    tlsAvailable: false,
    maxPayload: 1_048_576,
    nonce: undefined,
    connectUrls: [],
    lameDuck: false,
  })
  expect(parseInfo('{"connect_urls": ["a:1", 2], "max_payload": "x"}').connectUrls).toEqual(['a:1'])
  for (const text of ['', '{', '[]', 'null', '7']) expect(() => parseInfo(text)).toThrow(MalformedProtocol)
})

test('versions are compared by their numbers', () => {
  expect(isAtLeast('2.9.10', '2.10.0')).toBe(false)
  expect(isAtLeast('2.10.4', '2.10.4')).toBe(true)
  expect(isAtLeast('2.11.0-beta.1', '2.10.4')).toBe(true)
  expect(isAtLeast('nonsense', '0.0.1')).toBe(false)
})
