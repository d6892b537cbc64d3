import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withFileLock } from '../file-lock.js'
import { waitFor } from '../wait-for.js'

test('gives the first truthy value', async () => {
  let looks = 0
  expect(await waitFor(() => (++looks < 3 ? undefined : `after ${looks}`), { what: 'three looks' })).toBe(
    'after 3',
  )
})

test('says what did not happen, and why', async () => {
  const failure = new Error('still 1')
  const waiting = waitFor(
    () => {
      throw failure
    },
    { what: () => 'two messages', timeoutMs: 30 },
  )
  const error = await waiting.catch((reason) => reason)
  expect(error.message).toBe('waited 30 ms in vain for two messages: still 1')
  expect(error.cause).toBe(failure)
})

test('a file lock lets one in at a time and is taken over from the dead', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nemo-lock-'))
  const lock = join(folder, 'deep', 'lock')
  let inside = 0
  const most: number[] = []
  const task = async () => {
    most.push(++inside)
    await new Promise((resolve) => setImmediate(resolve))
    inside--
  }
  await Promise.all([withFileLock(lock, task), withFileLock(lock, task), withFileLock(lock, task)])
  expect(most).toEqual([1, 1, 1])

  // No process has this number: it is above the kernel's limit.
  await writeFile(lock, '4194999')
  expect(await withFileLock(lock, () => readFile(lock, 'utf8'))).toBe(String(process.pid))
  await expect(withFileLock(lock, () => Promise.reject(new Error('task')))).rejects.toThrow('task')
  await expect(readFile(lock)).rejects.toMatchObject({ code: 'ENOENT' })
  await rm(folder, { recursive: true })
})
