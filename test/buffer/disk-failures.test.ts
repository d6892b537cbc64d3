import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SMALLEST_BUFFER } from '../../src/buffer/disk-buffer-options.js'
import { ConfigError, EnqueueError } from '../../src/index.js'
import { ManualClock } from '../../src/testing/index.js'
import { type Failure, failingFiles } from './failing-files.js'
import {
  diskUsage,
  drain,
  message,
  openBuffer,
  openForTest,
  readCount,
  temporaryFolder,
  textOf,
} from './folder.js'

/** A file system whose failures the test switches on and off. */
function switchable() {
  const state: { failure: Failure } = { failure: () => undefined }
  const files = failingFiles((operation, path) => state.failure(operation, path))
  return { state, files }
}

const isLog = (path: string) => path.endsWith('.log')

describe('a disk that fails', () => {
  test.each([
    ['open', 'ENOSPC', 'disk-full'],
    ['write', 'ENOSPC', 'disk-full'],
    ['write', 'EDQUOT', 'disk-full'],
    ['datasync', 'ENOSPC', 'disk-full'],
    ['write', 'EROFS', 'not-writable'],
    ['open', 'EACCES', 'not-writable'],
    ['datasync', 'EIO', 'io'],
    ['write', 'EIO', 'io'],
  ])(
    '%s: %s rejects the append with the code %s, and the next one may succeed',
    async (at, code, expected) => {
      const folder = await temporaryFolder()
      const { state, files } = switchable()
      const { buffer } = await openForTest(folder, { files })
      await buffer.append(message('before'))
      const rejected = async (operation: string, system: string) => {
        state.failure = (each, path) => (each === operation && isLog(path) ? system : undefined)
        return buffer.append(message('lost')).then(
          () => undefined,
          (error) => error,
        )
      }
      // A file is opened for the first message after a failure.
      if (at === 'open') await rejected('datasync', 'EIO')
      // The first one meets an open segment, the second one a new one.
      for (const error of [await rejected(at, code), await rejected(at, code)]) {
        expect(error).toBeInstanceOf(EnqueueError)
        expect(error).toMatchObject({ code: expected, retryable: true, fault: 'local' })
        expect(error.cause).toMatchObject({ code })
        expect(error.message).toContain(folder)
      }
      state.failure = () => undefined
      await buffer.append(message('after'))
      expect((await drain(buffer)).map(textOf)).toEqual(['before', 'after'])
      expect(buffer.figures()).toMatchObject({ messages: 0, unreadable: 0 })
    },
  )

  test('that takes half of a write keeps nothing of it, over a restart too', async () => {
    const folder = await temporaryFolder()
    const { state, files } = switchable()
    const { buffer } = await openBuffer(folder, { files })
    await buffer.append(message('a'))
    let writes = 0
    state.failure = (operation, path) => {
      if (!isLog(path)) return undefined
      if (operation === 'half-write') return writes++ === 0 ? 'ENOSPC' : undefined
      return operation === 'write' ? 'ENOSPC' : undefined
    }
    const lost = ['b', 'c', 'd'].map((text) => buffer.append(message(text)))
    for (const each of await Promise.allSettled(lost)) expect(each.status).toBe('rejected')
    state.failure = () => undefined
    await buffer.append(message('e'))
    await buffer.close()
    const again = await openForTest(folder)
    expect((await drain(again.buffer)).map(textOf)).toEqual(['a', 'e'])
    expect(again.faults).toEqual([])
  })

  test('that cannot even take a write back gives the numbers to no other message', async () => {
    const folder = await temporaryFolder()
    const { state, files } = switchable()
    const { buffer } = await openBuffer(folder, { files })
    await buffer.append(message('a'))
    state.failure = (operation, path) =>
      isLog(path) && ['datasync', 'truncate', 'unlink'].includes(operation) ? 'EIO' : undefined
    for (const text of ['b', 'c'])
      await expect(buffer.append(message(text))).rejects.toMatchObject({ code: 'io' })
    state.failure = () => undefined
    await expect(buffer.append(message('d'))).resolves.toBe(4)
    expect((await readCount(buffer, 2)).map(textOf)).toEqual(['a', 'd'])
    expect(buffer.figures()).toMatchObject({ messages: 2, unreadable: 0 })
    expect(diskUsage(folder)).toBeLessThanOrEqual(SMALLEST_BUFFER)
    await buffer.close()
    const again = await openForTest(folder)
    const texts = (await drain(again.buffer)).map(textOf)
    // A rejected message may be read later; none may be missing.
    expect(texts.filter((text) => text === 'a' || text === 'd')).toEqual(['a', 'd'])
    expect(again.buffer.figures().unreadable).toBe(0)
  })

  test('that cannot write the cursor goes on, and says so', async () => {
    const clock = new ManualClock()
    const { state, files } = switchable()
    const folder = await temporaryFolder()
    const { buffer, faults } = await openBuffer(folder, { files, clock })
    state.failure = (_, path) => (path.includes('cursor') ? 'ENOSPC' : undefined)
    for (const text of ['a', 'b']) await buffer.append(message(text))
    const [a] = await readCount(buffer, 1)
    buffer.accepted(a!.sequence)
    await clock.advance(200)
    await expect.poll(() => faults.length).toBe(1)
    expect(faults).toMatchObject([{ kind: 'io', file: 'cursor', messages: 0 }])
    state.failure = () => undefined
    await clock.advance(1_000)
    await buffer.close()
    expect(faults.length).toBe(1)
    const again = await openForTest(folder)
    expect((await drain(again.buffer)).map(textOf)).toEqual(['b'])
  })

  test('that cannot remove a file tries again, and has room then', async () => {
    const clock = new ManualClock()
    const { state, files } = switchable()
    const { buffer, faults } = await openForTest(await temporaryFolder(), { files, clock })
    state.failure = (operation) => (operation === 'unlink' ? 'EBUSY' : undefined)
    let stored = 0
    const appends = Array.from({ length: 90 }, () =>
      buffer.append(message('x'.repeat(1_000))).then(() => stored++),
    )
    await expect.poll(() => stored).toBeGreaterThan(40)
    for (const { sequence } of await readCount(buffer, stored)) buffer.accepted(sequence)
    await expect.poll(() => faults.length).toBeGreaterThan(0)
    expect(faults[0]).toMatchObject({ kind: 'io', messages: 0 })
    expect(stored).toBeLessThan(90)
    state.failure = () => undefined
    await clock.advance(1_000)
    await Promise.all(appends)
  })

  test('that cannot be read for a moment loses nothing', async () => {
    const clock = new ManualClock()
    const { state, files } = switchable()
    const { buffer, faults } = await openForTest(await temporaryFolder(), { files, clock })
    state.failure = (operation, path) => (isLog(path) && operation === 'read' ? 'EAGAIN' : undefined)
    await buffer.append(message('a'))
    const reading = readCount(buffer, 1)
    await expect.poll(() => faults.length).toBeGreaterThan(0)
    expect(faults[0]).toMatchObject({ kind: 'io', messages: 0 })
    state.failure = () => undefined
    await clock.advance(1_000)
    expect((await reading).map(textOf)).toEqual(['a'])
  })

  test('with a bad sector gives up the segment, counts it, and goes on', async () => {
    const clock = new ManualClock()
    const { state, files } = switchable()
    const options = { files, clock, segmentBytes: 150 }
    const folder = await temporaryFolder()
    const first = await openBuffer(folder, options)
    for (let index = 1; index <= 12; index++) await first.buffer.append(message(`m${index}`))
    await first.buffer.close()
    let bad: string | undefined
    state.failure = (operation, path) => {
      if (operation !== 'read' || !isLog(path) || path.includes('0000000000000001-')) return undefined
      bad ??= path
      return path === bad ? 'EIO' : undefined
    }
    // Recovery reads the last segment and all headers, so the fault begins after that.
    const during = state.failure
    state.failure = () => undefined
    const { buffer, faults } = await openForTest(folder, options)
    state.failure = during
    const read = drain(buffer)
    for (let tries = 0; tries < 3; tries++) {
      await expect.poll(() => faults.length).toBe(tries + 1)
      await clock.advance(1_000)
    }
    const texts = (await read).map(textOf)
    const { unreadable } = buffer.figures()
    expect(unreadable).toBeGreaterThan(0)
    expect(texts.length + unreadable).toBe(12)
    expect(texts.at(-1)).toBe('m12')
    expect(faults.at(-1)).toMatchObject({ kind: 'unreadable-segment', messages: unreadable })
  })
})

describe('a disk that is slow', () => {
  test('resolves an append only after the file, and the name of a new file, are synced', async () => {
    const folder = await temporaryFolder()
    const gates: { readonly operation: string; readonly open: () => void }[] = []
    const { state, files } = switchable()
    const { buffer } = await openForTest(folder, { files })
    state.failure = (operation, path) => {
      const isGated = (isLog(path) && ['write', 'datasync'].includes(operation)) || operation === 'sync'
      if (!isGated) return undefined
      return new Promise((resolve) => gates.push({ operation, open: () => resolve(undefined) }))
    }
    for (const expected of [
      ['write', 'datasync', 'sync'],
      ['write', 'datasync'],
    ]) {
      let isStored = false
      const append = buffer.append(message('a')).then(() => {
        isStored = true
      })
      const reading = buffer.read({ messages: 1, bytes: 1e9 })
      for (const operation of expected) {
        await expect.poll(() => gates[0]?.operation).toBe(operation)
        expect(isStored).toBe(false)
        // Nor does the reader get what is not safe.
        expect(buffer.figures().messages).toBe(expected.length === 3 ? 0 : 1)
        gates.shift()!.open()
      }
      await append
      expect(await reading).toHaveLength(1)
    }
  })

  test('commits what collects meanwhile with one sync', async () => {
    let syncs = 0
    const { state, files } = switchable()
    const { buffer } = await openForTest(await temporaryFolder(), { files })
    let release = () => {}
    const gate = new Promise<undefined>((resolve) => {
      release = () => resolve(undefined)
    })
    state.failure = (operation) => {
      if (operation !== 'datasync') return undefined
      syncs++
      return gate
    }
    const first = buffer.append(message('first'))
    await expect.poll(() => syncs).toBe(1)
    const others: Promise<unknown>[] = []
    for (let index = 0; index < 40; index++) {
      others.push(buffer.append(message(`${index}`)))
      await Promise.resolve()
    }
    release()
    await Promise.all([first, ...others])
    expect(syncs).toBe(2)
  })
})

describe('a folder that cannot be used', () => {
  test('is refused where a file is in its place', async () => {
    const file = join(await temporaryFolder(), 'file')
    await writeFile(file, '')
    for (const folder of [file, join(file, 'below')]) {
      const error = await openBuffer(folder).catch((thrown) => thrown)
      expect(error).toBeInstanceOf(ConfigError)
      expect(error).toMatchObject({ code: 'not-writable', retryable: false })
      expect(error.message).toContain(folder)
    }
  })

  test.each([
    ['EACCES', 'not-writable'],
    ['EROFS', 'not-writable'],
    ['ENOSPC', 'disk-full'],
    ['EIO', 'io'],
  ])('is refused for %s with the code %s', async (code, expected) => {
    const files = failingFiles((operation, path) =>
      operation === 'open' && path.includes('lock') ? code : undefined,
    )
    const error = await openBuffer(await temporaryFolder(), { files }).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.code).toBe(expected)
    expect(error.cause.code).toBe(code)
  })

  test('stays free where it could not be opened', async () => {
    const folder = await temporaryFolder()
    const files = failingFiles((_, path) => (path.endsWith('cursor') ? 'EIO' : undefined))
    await expect(openBuffer(folder, { files })).rejects.toMatchObject({ code: 'io' })
    await openForTest(folder)
  })
})
