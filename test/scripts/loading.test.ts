import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Clock, systemClock } from '../../src/core/clock.js'
import { Scripts } from '../../src/scripts/scripts.js'
import { workerFile } from '../../src/supervisor/worker-file.js'
import { waitFor } from '../support/wait-for.js'
import { folderOf, scriptOf } from './support.js'

const NEVER = 'await new Promise(() => {})\nexport const get = () => 0'
const version = (text: string) => `export const get = () => '${text}'`

/** The system's clock, on which the time to load is over at once. */
const hurried: Clock = {
  ...systemClock,
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic(),
  setTimer: (ms, call, options) => systemClock.setTimer(ms === 30_000 ? 500 : ms, call, options),
}

async function startOf(text: string, memory: number, clock: Clock): Promise<void> {
  const folder = await folderOf({ 'handlers.mjs': text })
  const worker = () =>
    workerFile({ type: 'script', worker: () => new URL('../../workers/script.mjs', import.meta.url) })
  const settings = {
    name: 's',
    path: join(folder, 'handlers.mjs'),
    threads: 1,
    concurrent: 1,
    queue: 1,
    timeoutMs: 1_000,
    memory,
    maxResult: 1_000_000,
    reload: true,
  }
  const scripts = new Scripts([settings], [{ script: 's', function: 'get' }], worker, {
    clock,
    perform: async () => undefined,
    report: () => {},
  })
  onTestFinished(() => scripts.close())
  await scripts.start()
}

describe('a script whose load does not end', () => {
  test.each([NEVER, 'for (;;);'])('is refused at the start: %j', async (text) => {
    await expect(startOf(text, 2 ** 30, hurried)).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringContaining('did not end loading within 30 s'),
    })
  })

  test('is refused at its limit of memory', async () => {
    const leak = 'const kept = []; for (;;) kept.push(Buffer.alloc(4 << 20, 1))'
    await expect(startOf(leak, 2 ** 24, systemClock)).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringContaining('"memory" allows'),
    })
  })

  test.each([NEVER, 'for (;;);'])('gives way to a newer state: %j', async (text) => {
    const { folder, run } = await scriptOf(version('one'), ['get'], { threads: 1 })
    const path = join(folder, 'handlers.mjs')
    await writeFile(
      path,
      `import { writeFileSync } from 'node:fs'\nwriteFileSync(new URL('./loads', import.meta.url), '')\n${text}`,
    )
    await waitFor(() => existsSync(join(folder, 'loads')), { what: () => 'the load' })
    expect(await run('get')).toBe('one')
    await writeFile(path, version('two'))
    await expect.poll(() => run('get'), { timeout: 20_000 }).toBe('two')
  })
})

test('threads never run different states of a file', async () => {
  const { folder, run, events } = await scriptOf(version('one'), ['get'], { threads: 2, concurrent: 100 })
  const path = join(folder, 'handlers.mjs')
  // The first thread that loads it empties the file.
  await writeFile(
    path,
    `import { writeFileSync } from 'node:fs'\n${version('two')}\nwriteFileSync('${path}', '')`,
  )
  await waitFor(() => events.length > 0, { what: () => 'the script to be refused' })
  const got = await Promise.all(Array.from({ length: 50 }, () => run('get')))
  expect(new Set(got)).toEqual(new Set(['one']))
  expect(events).toEqual(['script:failed'])
})

test('a thread that stands still between calls is replaced, and its next call goes to another', async () => {
  const folder = await folderOf({})
  const mark = join(folder, 'mark')
  const { run, events } = await scriptOf(
    `import { writeFileSync } from 'node:fs'
export const leave = () => { setTimeout(() => { writeFileSync('${mark}', ''); for (;;); }) }
export const get = () => 1`,
    ['leave', 'get'],
    { threads: 1 },
  )
  await run('leave')
  await waitFor(() => existsSync(mark), { what: () => 'the loop' })
  expect(await run('get')).toBe(1)
  expect(events).toEqual(['script:crashed'])
})
