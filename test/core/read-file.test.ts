import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readRegularFile, readRegularFileNow, UnfitFile } from '../../src/core/read-file.js'

let folder: string
const at = (name: string) => join(folder, name)
const socket = createServer()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nemo-read-file-'))
  execFileSync('/usr/bin/env', ['mkfifo', at('pipe')])
  mkdirSync(at('folder'))
  writeFileSync(at('file'), 'text')
  writeFileSync(at('empty'), '')
  writeFileSync(at('large'), 'x'.repeat(5_000))
  symlinkSync('file', at('link'))
  symlinkSync('pipe', at('link-to-pipe'))
  await new Promise<void>((resolve) => socket.listen(at('socket'), resolve))
})
afterAll(async () => {
  await new Promise((resolve) => socket.close(resolve))
  rmSync(folder, { recursive: true })
})

const readers = [
  ['readRegularFile', readRegularFile],
  [
    'readRegularFileNow',
    async (...args: Parameters<typeof readRegularFileNow>) => readRegularFileNow(...args),
  ],
] as const

test.each(readers)('%s reads a file, also by a link', async (_, read) => {
  for (const name of ['file', 'link']) expect((await read(at(name))).toString()).toBe('text')
  expect((await read(at('empty'))).length).toBe(0)
  // Such files have no size.
  expect((await read('/proc/self/status')).toString()).toContain('Pid:')
  await expect(read(at('missing'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test.each(readers)('%s refuses all that may not end, at once', async (_, read) => {
  for (const [path, kind] of [
    [at('pipe'), 'pipe'],
    [at('link-to-pipe'), 'pipe'],
    [at('folder'), 'folder'],
    [at('socket'), 'socket'],
    ['/dev/zero', 'device'],
  ] as const) {
    const message = `expected a file, found a ${kind}`
    await expect(read(path)).rejects.toMatchObject({ message, code: message })
    await expect(read(path)).rejects.toBeInstanceOf(UnfitFile)
  }
})

test.each(readers)('%s counts what it reads', async (_, read) => {
  expect((await read(at('large'), { most: 5_000 })).length).toBe(5_000)
  for (const path of [at('large'), '/proc/self/status'])
    await expect(read(path, { most: 10 })).rejects.toThrow('the file exceeds the limit of 10 bytes')
})

test('a pipe is read to its end if that is wanted', async () => {
  const text = 'x'.repeat(200_000)
  // The writer is another process, because this one waits.
  const script = 'require("fs").writeFileSync(process.argv[1], "x".repeat(200_000))'
  const writer = spawn(process.execPath, ['-e', script, at('pipe')], { stdio: 'ignore' })
  expect(readRegularFileNow(at('pipe'), { acceptsPipe: true }).toString()).toBe(text)
  await new Promise((resolve) => (writer.exitCode === null ? writer.once('exit', resolve) : resolve(0)))
})
