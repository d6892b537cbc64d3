import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadCursor } from '../../src/buffer/cursor-file.js'
import { SMALLEST_BUFFER } from '../../src/buffer/disk-buffer-options.js'
import { systemFiles } from '../../src/buffer/files.js'
import { ConfigError, EnqueueError, ShutdownError } from '../../src/index.js'
import { ManualClock } from '../../src/testing/index.js'
import { failingFiles } from './failing-files.js'
import {
  diskUsage,
  drain,
  message,
  openBuffer,
  openForTest,
  readCount,
  segmentNames,
  temporaryFolder,
  textOf,
} from './folder.js'

const ALL = { messages: 1_000, bytes: 1e9 }
const KILOBYTE = 'x'.repeat(1_000)

describe('a buffer on disk', () => {
  test('reads what was appended, in order, and forgets what is accepted', async () => {
    const { buffer } = await openForTest(await temporaryFolder())
    const sequences = await Promise.all(['a', 'b', 'c'].map((text) => buffer.append(message(text))))
    expect(sequences).toEqual([1, 2, 3])
    const read = await readCount(buffer, 3)
    expect(read.map(textOf)).toEqual(['a', 'b', 'c'])
    expect(buffer.figures().messages).toBe(3)
    for (const { sequence } of read.reverse()) buffer.accepted(sequence)
    expect(buffer.figures()).toMatchObject({ messages: 0, oldest: undefined, pendingMessages: 0 })
  })

  test('keeps every part of a message', async () => {
    const folder = await temporaryFolder()
    const whole = {
      topic: 'größe/°C',
      payload: new Uint8Array([0, 255, 128]),
      headers: { trace: 'ü', ['__proto__']: 'own' },
      contentType: 'application/cbor',
      timestamp: 1_700_000_000_123.5,
    }
    const first = await openBuffer(folder)
    await first.buffer.append(whole)
    await first.buffer.close()
    const { buffer } = await openForTest(folder)
    const [read] = await readCount(buffer, 1)
    expect({ ...read, payload: Uint8Array.from(read!.payload) }).toEqual({
      ...whole,
      sequence: 1,
      marker: expect.any(Number),
    })
  })

  test('never drops a message without a time', async () => {
    const { buffer } = await openForTest(await temporaryFolder(), { maxAgeMs: 1 })
    await buffer.append(message('a', Number.NaN))
    expect((await readCount(buffer, 1)).map(textOf)).toEqual(['a'])
  })

  test('gives credit its due', async () => {
    const { buffer } = await openForTest(await temporaryFolder())
    await Promise.all(['aa', 'bb', 'cc', 'd'.repeat(50)].map((text) => buffer.append(message(text))))
    expect((await buffer.read({ messages: 2, bytes: 1e9 })).map(textOf)).toEqual(['aa', 'bb'])
    expect((await buffer.read({ messages: 9, bytes: 20 })).map(textOf)).toEqual(['cc'])
    expect((await buffer.read({ messages: 9, bytes: 20 })).length).toBe(1)
  })

  test('refuses a second read at the same time', async () => {
    const { buffer } = await openForTest(await temporaryFolder())
    const first = buffer.read(ALL)
    await expect(buffer.read(ALL)).rejects.toThrow('one batch at a time')
    await buffer.append(message('a'))
    expect((await first).map(textOf)).toEqual(['a'])
  })

  test('goes on where it was after it is opened again', async () => {
    const folder = await temporaryFolder()
    const first = await openBuffer(folder)
    await Promise.all(['a', 'b', 'c', 'd'].map((text) => first.buffer.append(message(text))))
    const read = await readCount(first.buffer, 3)
    first.buffer.accepted(read[0]!.sequence)
    // Not the oldest: the cursor cannot say so, and the message is read again.
    first.buffer.accepted(read[2]!.sequence)
    await first.buffer.close()
    const { buffer, faults } = await openForTest(folder)
    expect(buffer.figures().messages).toBe(3)
    await expect(buffer.append(message('e'))).resolves.toBe(5)
    expect((await drain(buffer)).map(textOf)).toEqual(['b', 'c', 'd', 'e'])
    expect(faults).toEqual([])
  })

  test('reads again after `rewind` what is not accepted', async () => {
    const { buffer } = await openForTest(await temporaryFolder())
    await Promise.all(['a', 'b', 'c', 'd'].map((text) => buffer.append(message(text))))
    const read = await readCount(buffer, 3)
    buffer.accepted(read[1]!.sequence)
    buffer.rewind()
    // The first sink answers late.
    buffer.accepted(read[0]!.sequence)
    expect((await readCount(buffer, 2)).map(textOf)).toEqual(['c', 'd'])
    buffer.rewind()
    expect((await drain(buffer)).map(textOf)).toEqual(['c', 'd'])
  })

  test('ignores numbers that nobody has read', async () => {
    const { buffer } = await openForTest(await temporaryFolder())
    await buffer.append(message('a'))
    for (const number of [1, 2, 0, -1, Number.NaN]) buffer.accepted(number)
    expect((await readCount(buffer, 1)).map(textOf)).toEqual(['a'])
    expect(buffer.figures().messages).toBe(1)
  })

  test('says how old the oldest message is, from the start', async () => {
    const folder = await temporaryFolder()
    const first = await openBuffer(folder)
    await first.buffer.append(message('a', 5_000))
    await first.buffer.append(message('b', 6_000))
    await expect.poll(() => first.buffer.figures().oldest).toBe(5_000)
    const [a] = await readCount(first.buffer, 1)
    expect(first.buffer.figures().oldest).toBe(5_000)
    first.buffer.accepted(a!.sequence)
    await first.buffer.close()
    const { buffer } = await openForTest(folder)
    await expect.poll(() => buffer.figures().oldest).toBe(6_000)
  })

  test('waits with `block` until there is room, and never has more than `maxBytes` on the disk', async () => {
    const folder = await temporaryFolder()
    const { buffer } = await openForTest(folder)
    let stored = 0
    const appends = Array.from({ length: 300 }, (_, index) =>
      buffer.append(message(`${index} ${KILOBYTE}`)).then(() => stored++),
    )
    await expect.poll(() => stored).toBeGreaterThan(40)
    expect(buffer.figures().pendingMessages).toBe(300 - stored)
    expect(stored).toBeLessThan(65)
    const read: string[] = []
    while (read.length < 300) {
      const batch = await buffer.read({ messages: 3, bytes: 1e9 })
      expect(diskUsage(folder)).toBeLessThanOrEqual(SMALLEST_BUFFER)
      for (const each of batch) {
        read.push(textOf(each).split(' ')[0]!)
        buffer.accepted(each.sequence)
      }
    }
    await Promise.all(appends)
    expect(read).toEqual(appends.map((_, index) => String(index)))
  })

  test('has room for one message of nearly its size, after everything else is accepted', async () => {
    const { buffer } = await openForTest(await temporaryFolder())
    const large = 'x'.repeat(SMALLEST_BUFFER - 4_500)
    await buffer.append(message('small'))
    const waiting = buffer.append(message(large))
    const [small] = await readCount(buffer, 1)
    buffer.accepted(small!.sequence)
    await expect(waiting).resolves.toBe(2)
    expect((await drain(buffer)).map(textOf)).toEqual([large])
  })

  test('refuses a message that never has room', async () => {
    const { buffer } = await openForTest(await temporaryFolder())
    const error = await buffer.append(message('x'.repeat(SMALLEST_BUFFER))).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(EnqueueError)
    expect(error).toMatchObject({ code: 'too-large', retryable: false })
    await expect(buffer.append(message('a'))).resolves.toBe(1)
  })

  test('drops the newest with `drop-newest`, and counts them', async () => {
    const { buffer } = await openForTest(await temporaryFolder(), { whenFull: 'drop-newest' })
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, index) => buffer.append(message(`${index} ${KILOBYTE}`))),
    )
    const kept = results.filter((sequence) => sequence !== undefined)
    expect(kept.length).toBeGreaterThan(40)
    expect(buffer.figures()).toMatchObject({ dropped: 100 - kept.length, messages: kept.length })
    const read = await drain(buffer)
    expect(read.map((each) => textOf(each).split(' ')[0])).toEqual(kept.map((_, index) => String(index)))
  })

  test('drops the oldest with `drop-oldest`, and counts them', async () => {
    const folder = await temporaryFolder()
    const { buffer } = await openForTest(folder, { whenFull: 'drop-oldest' })
    for (let index = 0; index < 200; index++) {
      await buffer.append(message(`${index} ${KILOBYTE}`))
      expect(diskUsage(folder)).toBeLessThanOrEqual(SMALLEST_BUFFER)
    }
    const { dropped, messages } = buffer.figures()
    expect(dropped + messages).toBe(200)
    expect(messages).toBeGreaterThan(40)
    const read = await drain(buffer)
    expect(read.map((each) => Number(textOf(each).split(' ')[0]))).toEqual(
      Array.from({ length: messages }, (_, index) => dropped + index),
    )
  })

  test('counts each message once where `drop-oldest` meets a reader', async () => {
    const { buffer } = await openForTest(await temporaryFolder(), { whenFull: 'drop-oldest' })
    await Promise.all(Array.from({ length: 20 }, () => buffer.append(message(KILOBYTE))))
    const held = await readCount(buffer, 10)
    await Promise.all(Array.from({ length: 300 }, () => buffer.append(message(KILOBYTE))))
    // Five are accepted after they were dropped; the other five are lost with the sink.
    for (const { sequence } of held.slice(0, 5)) buffer.accepted(sequence)
    buffer.rewind()
    const read = await drain(buffer)
    expect(buffer.figures().dropped).toBe(320 - 5 - read.length)
  })

  test('drops messages that are too old, and counts them', async () => {
    const clock = new ManualClock()
    const { buffer } = await openForTest(await temporaryFolder(), { clock, maxAgeMs: 60_000 })
    await buffer.append(message('a', clock.now()))
    await buffer.append(message('b', clock.now()))
    const [a] = await readCount(buffer, 1)
    await clock.advance(30_000)
    await buffer.append(message('c', clock.now()))
    await clock.advance(40_000)
    expect(buffer.figures().expired).toBe(1)
    expect((await readCount(buffer, 1)).map(textOf)).toEqual(['c'])
    // Was read in time.
    buffer.accepted(a!.sequence)
    expect(buffer.figures().messages).toBe(1)
  })

  test('rejects appends after `close`, and those that have no room', async () => {
    const { buffer } = await openBuffer(await temporaryFolder())
    const appends = Array.from({ length: 100 }, () => buffer.append(message(KILOBYTE)))
    const reading = buffer.read(ALL)
    const settled = Promise.allSettled(appends)
    await buffer.close()
    await buffer.close()
    const results = await settled
    const failed = results.filter(({ status }) => status === 'rejected')
    expect(failed.length).toBeGreaterThan(30)
    expect(failed.length).toBeLessThan(60)
    for (const each of failed as PromiseRejectedResult[])
      expect(each.reason).toMatchObject({ kind: 'shutdown', notExecuted: true })
    await reading
    await expect(buffer.append(message('late'))).rejects.toBeInstanceOf(ShutdownError)
    expect(await buffer.read(ALL)).toEqual([])
  })

  test('leaves no segment behind once everything is accepted and it is closed', async () => {
    const folder = await temporaryFolder()
    const { buffer } = await openBuffer(folder)
    await Promise.all(Array.from({ length: 40 }, () => buffer.append(message(KILOBYTE))))
    await drain(buffer)
    await buffer.close()
    expect((await readdir(folder)).sort()).toEqual(['cursor', 'lock.1'])
  })

  test('never gives a number twice, also when the log is empty', async () => {
    const folder = await temporaryFolder()
    for (let life = 1; life <= 3; life++) {
      const { buffer } = await openBuffer(folder)
      await expect(buffer.append(message('a'))).resolves.toBe(life)
      await drain(buffer)
      await buffer.close()
    }
  })

  test('lets a smaller `maxBytes` take effect', async () => {
    const folder = await temporaryFolder()
    const first = await openBuffer(folder, { maxBytes: SMALLEST_BUFFER * 4 })
    await Promise.all(Array.from({ length: 200 }, () => first.buffer.append(message(KILOBYTE))))
    await first.buffer.close()
    const { buffer } = await openForTest(folder, { whenFull: 'drop-oldest' })
    await buffer.append(message('new'))
    expect(diskUsage(folder)).toBeLessThanOrEqual(SMALLEST_BUFFER)
    expect(buffer.figures().dropped).toBeGreaterThan(130)
  })

  test('refuses a `maxBytes` that is too small', async () => {
    const folder = await temporaryFolder()
    await expect(openBuffer(folder, { maxBytes: 1_000 })).rejects.toThrow('max_bytes must be at least 65536')
  })

  test('refuses a log of a newer format and leaves it as it is', async () => {
    const folder = await temporaryFolder()
    const { crc32 } = await import('node:zlib')
    const header = Buffer.alloc(32)
    header.write('nemobuf')
    header[7] = 9
    header.writeUInt32LE(crc32(header), 12)
    await writeFile(join(folder, '0000000000000001-00000001.log'), header)
    const error = await openBuffer(folder).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toContain('version 9')
    expect(await segmentNames(folder)).toHaveLength(1)
  })
})

test('the last segment is removed only after the cursor is saved, which alone tells then what is done', async () => {
  const folder = await temporaryFolder()
  const lastRemoved: unknown[] = []
  const files = failingFiles(async (operation, path) => {
    if (operation === 'unlink' && path.endsWith('.log') && (await segmentNames(folder)).length === 1)
      lastRemoved.push(await loadCursor(systemFiles, folder))
    return undefined
  })
  const { buffer } = await openForTest(folder, { files })
  const large = 'x'.repeat(20_000)
  for (let n = 0; n < 2; n++) await buffer.append(message(large))
  await drain(buffer)
  // It has room only when the log is empty.
  await buffer.append(message('x'.repeat(45_000)))
  expect(lastRemoved).toEqual([{ cursor: 2, stored: 2 }])
})
