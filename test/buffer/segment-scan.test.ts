import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { recordSize, writeRecord } from '../../src/buffer/record.js'
import { SEGMENT_HEADER } from '../../src/buffer/segment.js'
import { type BrokenBytes, SegmentScan } from '../../src/buffer/segment-scan.js'

const MARKER = 0x7f3a_91c4

/** A segment with a record for each payload. */
function segment(payloads: readonly Uint8Array[], marker = MARKER): { bytes: Buffer; ends: number[] } {
  const records = payloads.map((payload, index) => {
    const message = { topic: 't', payload, timestamp: index, headers: { n: 'x' } }
    const bytes = Buffer.alloc(recordSize(message))
    writeRecord(bytes, 0, bytes.length, marker, index + 1, message)
    return bytes
  })
  const ends: number[] = []
  for (const record of records) ends.push((ends.at(-1) ?? SEGMENT_HEADER) + record.length)
  return { bytes: Buffer.concat([Buffer.alloc(SEGMENT_HEADER), ...records]), ends }
}

/** Scans a file in chunks of at least this size. */
function scanAll(file: Buffer, chunk: number): { sequences: number[]; broken: BrokenBytes[] } {
  const scan = new SegmentScan(MARKER)
  const sequences: number[] = []
  const broken: BrokenBytes[] = []
  const take = (found: ReturnType<SegmentScan['scan']>) => {
    for (const each of found) {
      if ('broken' in each) broken.push(each.broken)
      else sequences.push(each.message.sequence)
    }
  }
  while (scan.position < file.length) {
    const before = scan.position
    take(scan.scan(file.subarray(before, before + Math.max(chunk, scan.needs)), file.length))
    // Each chunk gets the scan further, or makes it ask for more.
    if (scan.position === before && scan.needs <= chunk) throw new Error(`stuck at ${before}`)
  }
  take(scan.finish())
  return { sequences, broken }
}

const PAYLOADS = [Buffer.from('one'), Buffer.alloc(40, 7), Buffer.alloc(0), Buffer.from('four')]

describe('a segment', () => {
  test('is read whole, whatever the size of the chunks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 90 }), { maxLength: 20 }),
        fc.integer({ min: 20, max: 3_000 }),
        (payloads, chunk) => {
          const { bytes } = segment(payloads)
          expect(scanAll(bytes, chunk)).toEqual({ sequences: payloads.map((_, i) => i + 1), broken: [] })
        },
      ),
    )
  })

  test('with any one bit flipped loses that record and no other', () => {
    const { bytes, ends } = segment(PAYLOADS)
    for (let bit = SEGMENT_HEADER * 8; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      const hit = ends.findIndex((end) => bit >> 3 < end)
      const offset = ends[hit - 1] ?? SEGMENT_HEADER
      for (const chunk of [20, 64, 4_096])
        expect(scanAll(flipped, chunk)).toEqual({
          sequences: [1, 2, 3, 4].filter((sequence) => sequence !== hit + 1),
          broken: [{ offset, bytes: ends[hit]! - offset }],
        })
    }
  })

  test('cut off at any byte keeps the records before', () => {
    const { bytes, ends } = segment(PAYLOADS)
    for (let length = SEGMENT_HEADER; length <= bytes.length; length++) {
      const { sequences, broken } = scanAll(bytes.subarray(0, length), 33)
      const whole = ends.filter((end) => end <= length)
      expect(sequences).toEqual(whole.map((_, index) => index + 1))
      const offset = whole.at(-1) ?? SEGMENT_HEADER
      expect(broken).toEqual(length > offset ? [{ offset, bytes: length - offset }] : [])
    }
  })

  test('followed by zeros or noise is read up to there', () => {
    const { bytes } = segment(PAYLOADS)
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.nat(9_000).map((n) => new Uint8Array(n)),
        ),
        (tail) => {
          const { sequences, broken } = scanAll(Buffer.concat([bytes, tail]), 256)
          expect(sequences).toEqual([1, 2, 3, 4])
          expect(broken).toEqual(tail.length > 0 ? [{ offset: bytes.length, bytes: tail.length }] : [])
        },
      ),
    )
  })

  test('with random damage never yields a message that was not written', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(10_000), fc.uint8Array({ minLength: 1, maxLength: 30 })), { maxLength: 5 }),
        fc.integer({ min: 20, max: 200 }),
        (damages, chunk) => {
          const { bytes } = segment(PAYLOADS)
          for (const [at, junk] of damages) {
            const offset = at % bytes.length
            bytes.set(junk.subarray(0, bytes.length - offset), offset)
          }
          const { sequences } = scanAll(bytes, chunk)
          expect(sequences).toEqual([...new Set(sequences)].sort())
          for (const sequence of sequences) expect([1, 2, 3, 4]).toContain(sequence)
        },
      ),
    )
  })

  test('does not take a payload that looks like a record for one', () => {
    const forged = segment([Buffer.from('forged')], 0x1234_5678).bytes.subarray(SEGMENT_HEADER)
    const { bytes, ends } = segment([Buffer.from('a'), forged, Buffer.from('c')])
    // The length of the second record is damaged, so the scan looks into its payload.
    bytes[ends[0]! + 8]! ^= 1
    expect(scanAll(bytes, 64).sequences).toEqual([1, 3])
  })
})
