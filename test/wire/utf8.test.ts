import { isUtf8 } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { isUtf8Between } from '../../src/wire/utf8.js'

/** Bytes at the borders of every range that RFC 3629 names. */
const BORDERS = [
  0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
  0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
]

function* sequences(length: number): Generator<readonly number[]> {
  if (length === 0) yield []
  else for (const rest of sequences(length - 1)) for (const byte of BORDERS) yield [byte, ...rest]
}

describe('isUtf8Between', () => {
  it('agrees with the engine on every sequence of border bytes', () => {
    const wrong: string[] = []
    for (let length = 0; length <= 4; length++)
      for (const sequence of sequences(length)) {
        const bytes = Uint8Array.from(sequence)
        if (isUtf8Between(bytes, 0, length) !== isUtf8(bytes)) wrong.push(Buffer.from(bytes).toString('hex'))
      }
    expect(wrong).toEqual([])
  })

  it('looks at nothing outside the range', () => {
    const bytes = Uint8Array.of(0xff, 0x61, 0xc3, 0xa4, 0xa4)
    expect(isUtf8Between(bytes, 1, 4)).toBe(true)
    expect(isUtf8Between(bytes, 1, 3)).toBe(false)
    expect(isUtf8Between(bytes, 1, 5)).toBe(false)
  })

  it('checks long text', () => {
    const text = Buffer.from('ä'.repeat(500))
    expect(isUtf8Between(text, 0, text.length)).toBe(true)
    expect(isUtf8Between(text, 0, text.length - 1)).toBe(false)
  })
})
