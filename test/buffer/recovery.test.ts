import { cp, readFile, rm, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BufferFault } from '../../src/buffer/message-buffer.js'
import { SEGMENT_HEADER } from '../../src/buffer/segment.js'
import { drain, message, openBuffer, readCount, segmentNames, temporaryFolder, textOf } from './folder.js'

const TEXTS = ['one', 'two', 'three', 'four']

/** A folder with a closed log of four messages in one segment. */
async function smallLog(): Promise<{ folder: string; file: string; bytes: Buffer }> {
  const folder = await temporaryFolder()
  const { buffer } = await openBuffer(folder)
  await Promise.all(TEXTS.map((text) => buffer.append(message(text, 1))))
  await buffer.close()
  const file = join(folder, (await segmentNames(folder))[0]!)
  return { folder, file, bytes: await readFile(file) }
}

interface Survey {
  readonly texts: readonly string[]
  readonly faults: readonly BufferFault[]
  readonly unreadable: number
}

/** What can be read of a folder; the folder stays as it is. */
async function survey(folder: string): Promise<Survey> {
  const copy = `${folder}-copy`
  await cp(folder, copy, { recursive: true })
  try {
    const { buffer, faults } = await openBuffer(copy)
    const texts = (await drain(buffer)).map(textOf)
    const { unreadable } = buffer.figures()
    await buffer.close()
    expect(unreadable).toBe(faults.reduce((sum, { messages }) => sum + messages, 0))
    return { texts, faults, unreadable }
  } finally {
    await rm(copy, { recursive: true })
  }
}

describe('a log that was damaged', () => {
  test('loses one message to any one flipped bit, and reports it', async () => {
    const { folder, file, bytes } = await smallLog()
    const size = (bytes.length - SEGMENT_HEADER) / 4
    // Each bit of a byte is tried in the test of the scan; here one of each byte goes the whole way.
    for (let at = 0; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes)
      flipped[at]! ^= 1 << (at % 8)
      await writeFile(file, flipped)
      const { texts, faults, unreadable } = await survey(folder)
      const kinds = faults.map(({ kind }) => kind)
      if (at < SEGMENT_HEADER) {
        expect(texts).toEqual(TEXTS)
        expect(kinds).toEqual(['broken-header'])
        continue
      }
      expect(texts.length).toBe(3)
      for (const text of texts) expect(TEXTS).toContain(text)
      expect(unreadable).toBe(1)
      const isLast = !texts.includes('four')
      expect(kinds).toEqual(isLast ? ['torn-tail', 'unreadable-segment'] : ['broken-record'])
    }
    expect(size).toBeGreaterThan(30)
  })

  test('keeps what is before the end where it is cut off at any byte', async () => {
    const { folder, file, bytes } = await smallLog()
    for (let length = bytes.length - 1; length >= 0; length--) {
      await writeFile(file, bytes.subarray(0, length))
      const { texts, unreadable } = await survey(folder)
      expect(texts).toEqual(TEXTS.slice(0, texts.length))
      expect(unreadable).toBe(4 - texts.length)
    }
  })

  test('reports no loss for a torn write that nobody was told of', async () => {
    const { folder, file, bytes } = await smallLog()
    await writeFile(file, Buffer.concat([bytes, bytes.subarray(SEGMENT_HEADER, SEGMENT_HEADER + 30)]))
    const { texts, faults } = await survey(folder)
    expect(texts).toEqual(TEXTS)
    expect(faults).toMatchObject([{ kind: 'torn-tail', offset: bytes.length, bytes: 30, messages: 0 }])
  })

  test('gives the numbers of lost messages to no others', async () => {
    const { folder, file } = await smallLog()
    await truncate(file, SEGMENT_HEADER)
    const { buffer } = await openBuffer(folder)
    await expect(buffer.append(message('five'))).resolves.toBe(5)
    expect(buffer.figures()).toMatchObject({ messages: 1, unreadable: 4 })
    await buffer.close()
  })

  test('is read from the start where the cursor is damaged', async () => {
    const { folder } = await smallLog()
    const first = await openBuffer(folder)
    const [one] = await readCount(first.buffer, 1)
    first.buffer.accepted(one!.sequence)
    await first.buffer.close()
    const cursor = join(folder, 'cursor')
    const bytes = await readFile(cursor)
    expect((await survey(folder)).texts).toEqual(TEXTS.slice(1))
    for (let bit = 0; bit < bytes.length * 8; bit += 5) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      await writeFile(cursor, flipped)
      const { texts, faults } = await survey(folder)
      expect(texts).toEqual(TEXTS)
      expect(faults.map(({ kind }) => kind)).toEqual(['broken-cursor'])
    }
    await unlink(cursor)
    expect(await survey(folder)).toEqual({ texts: TEXTS, faults: [], unreadable: 0 })
  })

  test('goes on after a segment that is missing, cut off or without a header', async () => {
    const folder = await temporaryFolder()
    const { buffer } = await openBuffer(folder, { segmentBytes: 300 })
    for (let index = 1; index <= 20; index++) await buffer.append(message(`m${index}`))
    await buffer.close()
    const names = await segmentNames(folder)
    expect(names.length).toBeGreaterThan(3)
    const first = (index: number) => Number(names[index]!.slice(0, 16))
    const all = Array.from({ length: 20 }, (_, index) => `m${index + 1}`)
    const without = (index: number) => [...all.slice(0, first(index) - 1), ...all.slice(first(index + 1) - 1)]
    const second = join(folder, names[1]!)
    const bytes = await readFile(second)

    for (const length of [0, 10, SEGMENT_HEADER]) {
      await truncate(second, length)
      expect((await survey(folder)).texts).toEqual(without(1))
    }
    await writeFile(second, Buffer.concat([Buffer.alloc(SEGMENT_HEADER), bytes.subarray(SEGMENT_HEADER)]))
    const { texts, faults } = await survey(folder)
    expect(texts).toEqual(all)
    expect(faults).toMatchObject([{ kind: 'broken-header', file: names[1] }])

    await unlink(second)
    const missing = await survey(folder)
    expect(missing.texts).toEqual(without(1))
    expect(missing.faults).toMatchObject([{ kind: 'unreadable-segment', messages: first(2) - first(1) }])
  })

  test('with any damage gives back only messages that were written, and counts the others', async () => {
    const folder = await temporaryFolder()
    const { buffer } = await openBuffer(folder, { segmentBytes: 500 })
    const texts = Array.from({ length: 40 }, (_, index) => `message ${index}`)
    await Promise.all(texts.map((text) => buffer.append(message(text))))
    await buffer.close()
    const names = await segmentNames(folder)
    const damage = fc.record({
      file: fc.nat(names.length - 1),
      at: fc.nat(600),
      junk: fc.uint8Array({ minLength: 1, maxLength: 100 }),
      cut: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (damages) => {
        const copy = await temporaryFolder()
        await cp(folder, copy, { recursive: true })
        for (const { file, at, junk, cut } of damages) {
          const path = join(copy, names[file]!)
          const bytes = await readFile(path)
          const offset = bytes.length === 0 ? 0 : at % bytes.length
          bytes.set(junk.subarray(0, bytes.length - offset), offset)
          await writeFile(path, cut ? bytes.subarray(0, offset) : bytes)
        }
        const { texts: read, unreadable } = await survey(copy)
        expect(read).toEqual(texts.filter((text) => read.includes(text)))
        expect(read.length + unreadable).toBe(40)
      }),
      { numRuns: 100 },
    )
  })
})
