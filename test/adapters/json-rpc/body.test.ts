import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Body } from '../../../src/adapters/json-rpc/body.js'

test('a body is its pieces in a row, and leaves them alone', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 50 }), (pieces) => {
      const body = new Body()
      const copies = pieces.map((piece) => Buffer.from(piece))
      for (const piece of copies) body.add(piece)
      const whole = Buffer.concat(pieces)
      expect(body.size).toBe(whole.length)
      expect(body.bytes().equals(whole)).toBe(true)
      expect(copies).toEqual(pieces.map((piece) => Buffer.from(piece)))
    }),
  )
})

test('a million pieces of one byte take little more than a megabyte', () => {
  const body = new Body()
  const piece = Buffer.from('x')
  for (let i = 0; i < 1_000_000; i++) body.add(piece)
  expect(body.bytes().buffer.byteLength).toBeLessThanOrEqual(2_000_000)
  expect(body.bytes().equals(Buffer.alloc(1_000_000, 'x'))).toBe(true)
})
