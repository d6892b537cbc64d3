import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newSegment } from '../../src/buffer/segment.js'
import { EnqueueError } from '../../src/index.js'
import { failingFiles } from './failing-files.js'
import { drain, message, openBuffer, openForTest, readCount, temporaryFolder, textOf } from './folder.js'

const remove = (folder: string) => rm(folder, { recursive: true })

test('nothing is stored in a folder that was removed, and the next message makes it again', async () => {
  const folder = join(await temporaryFolder(), 'buffer')
  const { buffer, faults } = await openBuffer(folder)
  await buffer.append(message('before'))
  await remove(folder)
  const refused = await buffer.append(message('refused')).catch((error) => error)
  expect(refused).toBeInstanceOf(EnqueueError)
  expect(refused).toMatchObject({ code: 'folder-lost', retryable: true, fault: 'local' })

  await buffer.append(message('after'))
  expect(faults).toEqual([expect.objectContaining({ kind: 'folder-lost' })])
  // The reader had the first one in memory.
  expect((await readCount(buffer, 2)).map(textOf)).toEqual(['before', 'after'])
  await buffer.close()
  const again = await openForTest(folder)
  expect((await drain(again.buffer)).map(textOf)).toEqual(['after'])
  expect(again.faults).toEqual([])
})

test('a folder that was moved away is noticed too, and so is one that was removed while nothing was stored', async () => {
  const parent = await temporaryFolder()
  const folder = join(parent, 'buffer')
  // So small that each message has a segment.
  const { buffer } = await openForTest(folder, { segmentBytes: 1 })
  await buffer.append(message('a'))
  await rename(folder, join(parent, 'elsewhere'))
  await expect(buffer.append(message('b'))).resolves.toBe(2)
  expect((await stat(folder)).isDirectory()).toBe(true)

  const { buffer: other } = await openForTest(join(parent, 'other'))
  await other.append(message('a'))
  await rename(join(parent, 'other'), join(parent, 'third'))
  await expect(other.append(message('b'))).rejects.toMatchObject({ code: 'folder-lost' })
  await expect(other.append(message('b'))).resolves.toBe(2)
})

test('while the folder cannot be made again, messages are refused with the reason', async () => {
  const folder = join(await temporaryFolder(), 'buffer')
  let isBroken = false
  const files = failingFiles((operation) => (isBroken && operation === 'mkdir' ? 'EROFS' : undefined))
  const { buffer } = await openForTest(folder, { files })
  await buffer.append(message('a'))
  isBroken = true
  await remove(folder)
  await expect(buffer.append(message('b'))).rejects.toMatchObject({ code: 'folder-lost' })
  for (let i = 0; i < 3; i++)
    await expect(buffer.append(message('b'))).rejects.toMatchObject({ code: 'not-writable' })
  isBroken = false
  await buffer.append(message('c'))
  expect((await readCount(buffer, 2)).map(textOf)).toEqual(['a', 'c'])
})

test('the folder of another buffer that has come in its place is left alone', async () => {
  const folder = join(await temporaryFolder(), 'buffer')
  const { buffer } = await openForTest(folder)
  await buffer.append(message('a'))
  await remove(folder)
  const other = await openBuffer(folder)
  await other.buffer.append(message('theirs'))
  await expect(buffer.append(message('b'))).rejects.toMatchObject({ code: 'folder-lost' })
  await expect(buffer.append(message('b'))).rejects.toMatchObject({ code: 'in-use' })
  expect((await readCount(other.buffer, 1)).map(textOf)).toEqual(['theirs'])
  await other.buffer.close()
  // It is not in use any more, but has files that this buffer did not write.
  await expect(buffer.append(message('b'))).rejects.toMatchObject({ code: 'in-use' })
  await remove(folder)
  await buffer.append(message('b'))
})

test('a folder with unknown segments is refused', async () => {
  const folder = join(await temporaryFolder(), 'buffer')
  const { buffer } = await openForTest(folder, { segmentBytes: 1 })
  await buffer.append(message('a'))
  await rm(join(folder, 'lock.1'))
  await writeFile(join(folder, newSegment(900, 7).name), '')
  await expect(buffer.append(message('b'))).rejects.toMatchObject({ code: 'in-use' })
})

test('what waits behind a refused message is refused too, so that all can be repeated in order', async () => {
  const folder = await temporaryFolder()
  let isFull = false
  const files = failingFiles((operation, path) =>
    isFull && operation === 'datasync' && path.endsWith('.log') ? 'ENOSPC' : undefined,
  )
  const { buffer } = await openForTest(folder, { files, maxBytes: 4_000_000 })
  await buffer.append(message('a'))
  isFull = true
  // More than one write takes.
  const many = Array.from({ length: 10 }, (_, n) => buffer.append(message(`${n} ${'x'.repeat(100_000)}`)))
  const results = await Promise.allSettled(
    many.map((each) =>
      each.catch((error) => {
        isFull = false
        throw error
      }),
    ),
  )
  expect(results.map(({ status }) => status)).toEqual(many.map(() => 'rejected'))
})
