import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameReader } from '../../src/embed/input/frame-reader.js'
import { LineReader } from '../../src/embed/input/line-reader.js'
import type { Input, Reader } from '../../src/embed/input/reader.js'

const MOST = 64

/** Everything that a reader finds in these bytes, cut into chunks at these places. */
function read(reader: Reader, bytes: Buffer, cuts: readonly number[]): readonly string[] {
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), 0, bytes.length].sort((a, b) => a - b)
  const found: Input[] = []
  for (const [i, place] of places.entries()) {
    reader.push(bytes.subarray(places[i - 1] ?? 0, place))
    for (let next = reader.next(); next !== undefined; next = reader.next()) found.push(next)
  }
  return found.map((input) =>
    input.kind === 'message' ? `message ${input.bytes.toString('latin1')}` : input.kind,
  )
}

const cuts = fc.array(fc.nat(), { maxLength: 12 })
const letters = fc.string({ unit: fc.constantFrom('a', '{', '"', ' '), minLength: 1, maxLength: 100 })

const lineStep = fc.oneof(
  letters.map((text) => ({
    bytes: `${text}\n`,
    found: text.length > MOST ? 'oversized' : `message ${text}`,
  })),
  letters.map((text) => ({
    bytes: `${text.slice(0, MOST - 1)}\r\n`,
    found: `message ${text.slice(0, MOST - 1)}`,
  })),
  fc.constant({ bytes: '\r\n', found: undefined }),
  letters.map((text) => ({
    bytes: `Content-Type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
    found: text.length > MOST ? 'oversized' : `message ${text}`,
  })),
  fc.constant({ bytes: 'Content-Length: many\r\n\r\n', found: 'fault' }),
  fc.constant({ bytes: `Content-Length: 1\r\nX: ${'y'.repeat(2_000)}\r\n`, found: 'fault' }),
)

describe('LineReader', () => {
  test('finds the same messages however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(lineStep), cuts, (steps, at) => {
        const bytes = Buffer.from(steps.map((step) => step.bytes).join(''))
        const expected = steps.flatMap(({ found }) => (found === undefined ? [] : [found]))
        expect(read(new LineReader(MOST), bytes, at)).toEqual(expected)
      }),
    )
  })

  test('reports a line that is too long before its end, and holds none of it', () => {
    const reader = new LineReader(MOST)
    reader.push(Buffer.alloc(MOST + 1, 'x'))
    expect(reader.next()).toEqual({ kind: 'oversized' })
    expect(reader.next()).toBeUndefined()
    expect(reader.rest().length).toBe(0)
  })
})

describe('FrameReader', () => {
  test('finds the same messages however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2 * MOST })), cuts, (lengths, at) => {
        const bytes = Buffer.concat(
          lengths.map((length) => {
            const frame = Buffer.alloc(4 + length, 'x')
            frame.writeUInt32BE(length)
            return frame
          }),
        )
        const expected = lengths.map((length) =>
          length > MOST ? 'oversized' : `message ${'x'.repeat(length)}`,
        )
        expect(read(new FrameReader(MOST), bytes, at)).toEqual(expected)
      }),
    )
  })
})
