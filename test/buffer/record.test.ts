import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { BufferedMessage } from '../../src/buffer/message-buffer.js'
import { claimedSize, isIntact, readRecord, recordSize, writeRecord } from '../../src/buffer/record.js'

const text = fc.string({ unit: 'grapheme', maxLength: 300 })
const headers = fc
  .array(fc.tuple(fc.oneof(text, fc.constant('__proto__')), text), { maxLength: 5 })
  .map((entries) => Object.fromEntries(entries))

const messages: fc.Arbitrary<BufferedMessage> = fc.record(
  {
    topic: text,
    payload: fc.uint8Array({ maxLength: 400 }),
    timestamp: fc.double({ noNaN: true }),
    headers,
    contentType: text,
  },
  { requiredKeys: ['topic', 'payload', 'timestamp'] },
)

test('a record gives back its message', () => {
  const sequences = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
  fc.assert(
    fc.property(messages, sequences, fc.nat(50), (message, sequence, at) => {
      const size = recordSize(message)
      const bytes = Buffer.alloc(at + size + 9, 0xee)
      expect(writeRecord(bytes, at, size, 0xdecade, sequence, message)).toBe(at + size)
      expect(bytes.subarray(at + size)).toEqual(Buffer.alloc(9, 0xee))
      expect(claimedSize(bytes, at)).toBe(size)
      expect(isIntact(bytes, at, size)).toBe(true)
      const { payload, ...rest } = readRecord(bytes, at, size)
      expect(Uint8Array.from(payload)).toEqual(Uint8Array.from(message.payload))
      expect(rest).toEqual({ ...message, payload: undefined, sequence, marker: 0xdecade })
    }),
    { numRuns: 1_000 },
  )
})

test('a record of 160 bytes costs less than 64 bytes more', () => {
  const message = { topic: 'sensors/42/temperature', payload: Buffer.alloc(160), timestamp: 1 }
  expect(recordSize(message)).toBeLessThan(160 + 64)
})
