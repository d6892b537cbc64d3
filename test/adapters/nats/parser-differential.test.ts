import { Kind, MsgHdrsImpl, Parser as OfficialParser, type ParserEvent } from '@nats-io/nats-core/internal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeHeaders } from '../../../src/adapters/nats/client/headers.js'
import type { MessageView } from '../../../src/adapters/nats/client/message-view.js'
import { MalformedProtocol, Parser } from '../../../src/adapters/nats/client/parser.js'

type Event = Readonly<Record<string, unknown>> | 'PING' | 'PONG'

const RUNS = 400
const LARGE = 1_000_000

/** What our parser makes of the pieces. */
function ours(pieces: readonly Buffer[]): { events: Event[]; fault: unknown } {
  const events: Event[] = []
  const seen = (view: MessageView) =>
    events.push({
      sid: view.sid,
      subject: view.subject,
      reply: view.reply,
      header: view.body.toString('latin1', 0, view.headerSize),
      payload: view.payload.toString('latin1'),
    })
  const parser = new Parser(
    {
      onMessage: seen,
      onOversize: (view) => events.push({ sid: view.sid, oversize: view.size }),
      onPing: () => events.push('PING'),
      onPong: () => events.push('PONG'),
      onError: (error) => events.push({ error }),
      onInfo: (info) => events.push({ info }),
    },
    LARGE,
  )
  try {
    for (const piece of pieces) parser.feed(Buffer.from(piece))
  } catch (error) {
    return { events, fault: error }
  }
  return { events, fault: undefined }
}

/** What the parser of the official client makes of them. */
function official(pieces: readonly Buffer[]): { events: Event[]; fault: unknown } {
  const events: Event[] = []
  const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString()
  const raw = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
  const push = ({ kind, msg, data }: ParserEvent) => {
    if (kind === Kind.PING) events.push('PING')
    else if (kind === Kind.PONG) events.push('PONG')
    else if (kind === Kind.ERR)
      events.push({
        error: text(data)
          .trim()
          .replace(/^'(.*)'$/, '$1'),
      })
    else if (kind === Kind.INFO) events.push({ info: text(data).trim() })
    else if (kind === Kind.MSG) {
      const { sid, subject, reply, hdr } = msg!
      const header = Math.max(0, hdr)
      events.push({
        sid,
        subject: text(subject),
        reply: reply === undefined || reply.length === 0 ? undefined : text(reply),
        header: raw(data!.subarray(0, header)),
        payload: raw(data!.subarray(header)),
      })
    }
  }
  const parser = new OfficialParser({ push })
  try {
    for (const piece of pieces) parser.parse(new Uint8Array(piece))
  } catch (error) {
    return { events, fault: error }
  }
  return { events, fault: undefined }
}

const token = fc.string({ unit: fc.constantFrom(...'abcXYZ019_$-'), minLength: 1, maxLength: 6 })
const subject = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join('.'))
const body = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('latin1'))
const space = fc.constantFrom(' ', '  ', '\t')
const header = fc
  .array(fc.tuple(token, token), { maxLength: 3 })
  .map((lines) => `NATS/1.0\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)

const message = fc
  .tuple(subject, fc.nat(9_999), fc.option(subject), fc.option(header), body, space)
  .map(([to, sid, reply, headers, payload, gap]) => {
    const sizes = headers === null ? [payload.length] : [headers.length, headers.length + payload.length]
    const parts = [headers === null ? 'MSG' : 'HMSG', to, sid, ...(reply === null ? [] : [reply]), ...sizes]
    return `${parts.join(gap)}\r\n${headers ?? ''}${payload}\r\n`
  })
const control = fc.constantFrom(
  'PING\r\n',
  'PONG\r\n',
  '+OK\r\n',
  "-ERR 'Stale Connection'\r\n",
  'INFO {"version":"2.9.10"}\r\n',
)
const stream = fc
  .array(fc.oneof({ weight: 3, arbitrary: message }, control), { maxLength: 12 })
  .map((parts) => Buffer.from(parts.join(''), 'latin1'))
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 })

function cut(bytes: Buffer, by: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = by[i % by.length]!
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}

test('both parsers read the same from what a server sends, however it is cut', () => {
  fc.assert(
    fc.property(stream, sizes, (bytes, by) => {
      const whole = official([bytes])
      expect(whole.fault).toBeUndefined()
      expect(ours(cut(bytes, by))).toEqual(whole)
    }),
    { numRuns: RUNS },
  )
})

const damage = fc.array(fc.tuple(fc.nat(2_000), fc.oneof(fc.nat(255), fc.constantFrom(10, 13, 32, 48, 57))), {
  minLength: 1,
  maxLength: 4,
})
const isBreak = (byte: number | undefined) => byte === 10 || byte === 13

test('what both parsers take of damaged bytes is the same', () => {
  fc.assert(
    fc.property(stream, damage, sizes, (bytes, changes, by) => {
      const damaged = Buffer.from(bytes)
      // Where a line ends after a lone CR or LF is left open by the protocol.
      for (const [at, byte] of changes)
        if (damaged.length > 0 && !isBreak(byte) && !isBreak(damaged[at % damaged.length]))
          damaged[at % damaged.length] = byte
      const [mine, theirs] = [ours(cut(damaged, by)), official([damaged])]
      const agreed = Math.min(mine.events.length, theirs.events.length)
      expect(mine.events.slice(0, agreed)).toEqual(theirs.events.slice(0, agreed))
    }),
    { numRuns: RUNS },
  )
})

test('damaged bytes are read or refused, with one kind of error, however they are cut', () => {
  fc.assert(
    fc.property(stream, damage, sizes, (bytes, changes, by) => {
      const damaged = Buffer.from(bytes)
      for (const [at, byte] of changes) if (damaged.length > 0) damaged[at % damaged.length] = byte
      const [whole, pieces] = [ours([damaged]), ours(cut(damaged, by))]
      expect(pieces.events).toEqual(whole.events)
      if (whole.fault !== undefined) expect(whole.fault).toBeInstanceOf(MalformedProtocol)
      if (pieces.fault !== undefined) expect(pieces.fault).toBeInstanceOf(MalformedProtocol)
    }),
    { numRuns: RUNS },
  )
})

test('bytes that are no protocol at all are refused, and never read as messages', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), sizes, (noise, by) => {
      const { fault, events } = ours(cut(Buffer.from(noise), by))
      if (fault !== undefined) expect(fault).toBeInstanceOf(MalformedProtocol)
      expect(events.filter((event) => typeof event === 'object' && 'payload' in event)).toEqual([])
    }),
    { numRuns: RUNS },
  )
})

test('headers are read as the official client reads them', () => {
  fc.assert(
    fc.property(header, (block) => {
      const [event] = ours([Buffer.from(`HMSG a 1 ${block.length} ${block.length}\r\n${block}\r\n`)]).events
      expect(event).toMatchObject({ header: block, payload: '' })
      const decoded = MsgHdrsImpl.decode(Buffer.from(block))
      const mine = decodeHeaders(Buffer.from(block)).headers ?? {}
      for (const name of decoded.keys()) expect(mine[name]).toBe(decoded.values(name).join(', '))
    }),
    { numRuns: RUNS },
  )
})
