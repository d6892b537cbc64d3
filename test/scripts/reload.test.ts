import { mkdir, rename, symlink, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { waitFor } from '../support/wait-for.js'
import { folderOf, gatewayOf, scriptOf } from './support.js'

const VERSIONED = `import { version } from './version.mjs'
import { createRequire } from 'node:module'
const { text } = createRequire(import.meta.url)('./common.cjs')
export const get = () => version + text
export const spin = () => { for (;;); }`
const version = (text: string) => `export const version = '${text}'`
const common = (text: string) => `module.exports = { text: '${text}' }`

async function versioned(settings: object = {}) {
  const made = await scriptOf('export const get = 1\nexport const spin = 1', ['get', 'spin'], {}).catch(
    () => undefined,
  )
  expect(made).toBeUndefined()
  const folder = await folderOf({
    'handlers.mjs': VERSIONED,
    'version.mjs': version('one'),
    'common.cjs': common('!'),
  })
  const { gateway } = await gatewayOf({
    scripts: { s: { path: join(folder, 'handlers.mjs'), ...settings } },
    actions: {
      get: { type: 'script', config: { function: 'script.s.get' } },
      spin: { type: 'script', config: { function: 'script.s.spin' } },
    },
  })
  const events: string[] = []
  const reasons: string[] = []
  gateway.on('script:reloaded', () => events.push('reloaded'))
  gateway.on('script:failed', ({ reason }) => {
    events.push('failed')
    reasons.push(reason)
  })
  const get = () => gateway.action('get').run<string>()
  const until = (wanted: string) =>
    expect.poll(() => get().catch(() => undefined), { timeout: 20_000 }).toBe(wanted)
  return { gateway, folder, get, until, events, reasons }
}

describe('a script is loaded again', () => {
  test('when its file or one that it imports changes, also by a rename', async () => {
    const { folder, get, until } = await versioned()
    expect(await get()).toBe('one!')
    await writeFile(join(folder, 'version.mjs'), version('two'))
    await until('two!')
    await writeFile(join(folder, 'common.cjs'), common('?'))
    await until('two?')
    await writeFile(join(folder, 'new.mjs'), VERSIONED.replace('version + text', '"three" + text'))
    await rename(join(folder, 'new.mjs'), join(folder, 'handlers.mjs'))
    await until('three?')
  })

  test('when a symbolic link on its way leads elsewhere', async () => {
    const folder = await folderOf({})
    for (const each of ['a', 'b']) {
      await mkdir(join(folder, each))
      await writeFile(join(folder, each, 'handlers.mjs'), VERSIONED)
      await writeFile(join(folder, each, 'version.mjs'), version(each))
      await writeFile(join(folder, each, 'common.cjs'), common('!'))
    }
    await symlink('a', join(folder, 'current'))
    const { gateway } = await gatewayOf({
      scripts: { s: { path: join(folder, 'current', 'handlers.mjs') } },
      actions: { get: { type: 'script', config: { function: 'script.s.get' } } },
    })
    const get = () => gateway.action('get').run<string>()
    expect(await get()).toBe('a!')
    await symlink('b', join(folder, 'next'))
    await rename(join(folder, 'next'), join(folder, 'current'))
    await expect.poll(get, { timeout: 20_000 }).toBe('b!')
  })

  test('under 1,000 calls a second, and drops none', async () => {
    const { folder, get, until, events } = await versioned()
    let isOver = false
    let calls = 0
    const failed: unknown[] = []
    const seen = new Set<string>()
    const load = (async () => {
      while (!isOver) {
        const burst = Array.from({ length: 5 }, () => get().then((text) => void seen.add(text)))
        calls += burst.length
        for (const outcome of await Promise.allSettled(burst))
          if (outcome.status === 'rejected') failed.push(outcome.reason)
        await new Promise((resolve) => setTimeout(resolve, 4))
      }
    })()
    for (const text of ['two', 'three', 'four', 'five']) {
      await writeFile(join(folder, 'version.mjs'), version(text))
      await until(`${text}!`)
    }
    isOver = true
    await load
    expect(failed).toEqual([])
    expect([...seen]).toEqual(['one!', 'two!', 'three!', 'four!', 'five!'])
    expect(events).toEqual(['reloaded', 'reloaded', 'reloaded', 'reloaded'])
    expect(calls).toBeGreaterThan(100)
  })
})

describe('a script that cannot be loaded', () => {
  test('runs on as it was, also in the threads that replace others, and recovers', async () => {
    const { gateway, folder, get, until, events, reasons } = await versioned({ threads: 1, timeout: '500ms' })
    await writeFile(join(folder, 'version.mjs'), 'export const version = ;')
    await waitFor(() => events.includes('failed'), { what: () => 'the event' })
    expect(reasons[0]).toContain('Unexpected token')
    expect(await get()).toBe('one!')
    await unlink(join(folder, 'common.cjs'))
    await expect(gateway.action('spin').run()).rejects.toMatchObject({ kind: 'timeout' })
    // On a busy machine the thread is replaced when the time of a call is up.
    await until('one!')
    await writeFile(join(folder, 'common.cjs'), common('?'))
    await writeFile(join(folder, 'version.mjs'), version('two'))
    await until('two?')
    expect(events.at(-1)).toBe('reloaded')
  })

  test('stays as it is if it lacks a function that the configuration names', async () => {
    const { folder, get, events, reasons } = await versioned()
    await writeFile(join(folder, 'handlers.mjs'), 'export const get = () => 1')
    await waitFor(() => events.includes('failed'), { what: () => 'the event' })
    expect(reasons[0]).toContain('exports no function "spin"')
    expect(await get()).toBe('one!')
  })

  test.each([
    ['export const f = ;', /Unexpected token/],
    ['throw new Error("no database")', /no database/],
    ['process.exit(4)', /code 4/],
    ["import './gone.mjs'", /gone\.mjs/],
  ])('does not let the gateway start: %s', async (text, message) => {
    await expect(scriptOf(`${text}\nexport const f = () => 1`, ['f'])).rejects.toThrow(message)
    await expect(scriptOf(`${text}\nexport const f = () => 1`, ['f'])).rejects.toMatchObject({
      kind: 'config',
    })
  })
})
