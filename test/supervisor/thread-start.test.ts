import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { afterAll, afterEach, expect, test } from 'vitest'
import { programOf, THREAD_START } from '../../src/supervisor/thread-start.js'
import { waitFor } from '../support/wait-for.js'

const folder = mkdtempSync(join(tmpdir(), 'thread-start-'))
afterAll(() => rmSync(folder, { recursive: true }))

const workers: Worker[] = []
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()))
})

/** As `.bundle.mjs` writes a program. `work` is compiled when it is called, which a message does. */
const programText = (answer: string) => `startProgram((function (require, __filename) { 'use strict'
const { parentPort } = require('node:worker_threads')
const work = () => { let n = 0; ${'n += 1; '.repeat(100)} return n }
parentPort.on('message', () => parentPort.postMessage(work()))
const answer = () => '${answer}'
parentPort.postMessage(answer())
}))`

/** Writes a program. Each test needs another one, because the process keeps their code. */
function write(name: string, text: string): URL {
  const path = join(folder, `${name}.cjs`)
  writeFileSync(path, text)
  return pathToFileURL(path)
}

/** Starts a thread. @returns its first message, and the thread */
async function run(url: URL): Promise<{ said: unknown; worker: Worker }> {
  const worker = new Worker(THREAD_START, {
    eval: true,
    workerData: { url: url.href, program: programOf(url) },
  })
  workers.push(worker)
  const said = await new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  return { said, worker }
}

/** State and length of what is shared as loaded, and as it has worked. */
const sharedOf = (url: URL) => new Int32Array(programOf(url).code, 0, 4)
const SHARED = 2
const shared = (url: URL, part: 0 | 2) =>
  waitFor(() => sharedOf(url)[part] === SHARED, { what: 'code that is shared' })
const LATE = 3

/** V8 compares no more than the length of the text with the code that it is given. */
const isTaken = async (url: URL, name: string) => {
  write(name, programText('text'))
  return (await run(url)).said === 'code'
}

test('a thread takes the code that the first one has compiled', async () => {
  const url = write('second', programText('code'))
  expect((await run(url)).said).toBe('code')
  await shared(url, 0)
  expect(await isTaken(url, 'second')).toBe(true)
})

test('threads that start at once wait for one that compiles, and all run', async () => {
  const url = write('together', programText('code'))
  const all = await Promise.all(Array.from({ length: 8 }, () => run(url)))
  expect(all.map(({ said }) => said)).toEqual(Array(8).fill('code'))
})

test('code is shared again when a thread has worked, and taken by later threads', async () => {
  const url = write('worked', programText('code'))
  const { worker } = await run(url)
  worker.postMessage('work')
  await shared(url, 2)
  const [, loaded, , worked] = sharedOf(url)
  expect(worked).toBeGreaterThan(loaded!)
  expect(await isTaken(url, 'worked')).toBe(true)
})

test('a thread that has not worked does not take the place of one that has', async () => {
  const url = write('idle', programText('code'))
  await run(url)
  const { worker } = await run(url)
  worker.postMessage('work')
  await shared(url, 2)
  const [, loaded, , worked] = sharedOf(url)
  expect(worked).toBeGreaterThan(loaded! * 1.1)
})

test('code that was compiled with other flags is compiled again from the text', async () => {
  const url = write('flags', programText('code'))
  await run(url)
  await shared(url, 0)
  setFlagsFromString('--stack-trace-limit=11')
  try {
    expect(await isTaken(url, 'flags')).toBe(false)
  } finally {
    setFlagsFromString('--stack-trace-limit=10')
  }
})

test('code that is damaged is compiled again from the text', async () => {
  const url = write('damaged', programText('code'))
  await run(url)
  await shared(url, 0)
  new Uint8Array(programOf(url).code, 16).fill(0)
  expect(await isTaken(url, 'damaged')).toBe(false)
})

test('a program that throws fails its own thread, and the next one does not wait for it', async () => {
  const url = write('throws', `startProgram((function () { throw new Error('no program') }))`)
  await expect(run(url)).rejects.toThrow('no program')
  expect(sharedOf(url)[0]).toBe(LATE)
  write('throws', programText('code'))
  expect((await run(url)).said).toBe('code')
})

test('a thread that ended while it compiled is waited for once, and for a bounded time', async () => {
  const url = write('ended', programText('code'))
  sharedOf(url)[0] = 1
  expect((await run(url)).said).toBe('code')
  expect(sharedOf(url)[0]).toBe(LATE)
})

test.each([
  ['base64', (text: string) => `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`],
  ['text', (text: string) => `data:text/javascript,${encodeURIComponent(text)}`],
])('a program may be in its address, as %s', async (kind, address) => {
  const url = new URL(address(programText(kind)))
  expect((await run(url)).said).toBe(kind)
  expect((await run(url)).said).toBe(kind)
})

test('a program imports modules by what its thread was given', async () => {
  writeFileSync(join(folder, 'part.mjs'), `export const part = 'loaded'`)
  const url = write(
    'imports',
    `startProgram((function (require) {
      const { parentPort, workerData } = require('node:worker_threads')
      const address = '${pathToFileURL(join(folder, 'part.mjs')).href}'
      void workerData.importModule(address).then(({ part }) => parentPort.postMessage(part))
    }))`,
  )
  expect((await run(url)).said).toBe('loaded')
  expect((await run(url)).said).toBe('loaded')
})

test('a module is imported as it is, with the query of its address', async () => {
  const path = join(folder, 'module.mjs')
  writeFileSync(
    path,
    `import { parentPort } from 'node:worker_threads'
     parentPort.postMessage(new URL(import.meta.url).search)`,
  )
  expect((await run(new URL(`${pathToFileURL(path).href}?of=acme`))).said).toBe('?of=acme')
})
