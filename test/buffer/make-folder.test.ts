import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder } from '../../src/buffer/files.js'
import { openBuffer, temporaryFolder } from './folder.js'

const ENOENT = Object.assign(new Error('ENOENT'), { code: 'ENOENT' })

test('makes a folder and those above it, also at the same time as others', async () => {
  const folder = join(await temporaryFolder(), 'a', 'b', 'c')
  await Promise.all(Array.from({ length: 20 }, () => makeFolder({ mkdir, stat }, folder)))
  expect((await stat(folder)).isDirectory()).toBe(true)
  await makeFolder({ mkdir, stat }, folder)
})

test('gives up where the system reports a folder as missing although the one above it exists', async () => {
  const tried: string[] = []
  const mkdirMissing = (path: unknown) => {
    tried.push(String(path))
    return Promise.reject(ENOENT)
  }
  const statOf = (path: unknown) =>
    path === '/virtual' ? Promise.resolve({ isDirectory: () => true }) : Promise.reject(ENOENT)
  const files = { mkdir: mkdirMissing, stat: statOf } as unknown as Parameters<typeof makeFolder>[0]
  await expect(makeFolder(files, '/virtual/a')).rejects.toMatchObject({ code: 'ENOENT' })
  expect(tried.length).toBeLessThan(10)
})

test('a file in the place of a folder is an error', async () => {
  await expect(makeFolder({ mkdir, stat }, '/dev/null/a')).rejects.toMatchObject({ code: 'ENOTDIR' })
})

test.runIf(process.platform === 'linux')('a buffer under /proc is refused with a reason', async () => {
  await expect(openBuffer('/proc/nemo-gateway/buffer')).rejects.toMatchObject({
    name: 'ConfigError',
    code: 'not-writable',
    message: expect.stringContaining('cannot be made'),
  })
})
