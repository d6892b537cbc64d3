import { mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ConfigWatch } from '../../src/reload/config-watch.js'
import { ReadFiles } from '../../src/watch/read-files.js'
import { StepClock } from '../support/step-clock.js'
import { waitFor } from '../support/wait-for.js'

let folder: string
let files: ReadFiles
let clock: StepClock
let watch: ConfigWatch
let reloads: number
let isRunning: boolean
const at = (name: string) => join(folder, name)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nemo-config-watch-'))
  files = new ReadFiles()
  clock = new StepClock()
  reloads = 0
  isRunning = true
  watch = new ConfigWatch({
    clock,
    files,
    isRunning: () => isRunning,
    changed: () => {
      reloads++
    },
  })
})
afterEach(() => {
  watch.close()
  rmSync(folder, { recursive: true })
})

function read(...names: readonly string[]): void {
  files.begin()
  for (const name of names) files.note(at(name))
  watch.refresh()
}

/** Waits until the watch has set timers: beside this many others. */
const timers = (count: number) => waitFor(() => clock.pending >= count, { what: 'the timers' })

test('notices a change between the reading of a file and its first look', async () => {
  writeFileSync(at('a'), '1')
  files.note(at('a'))
  writeFileSync(at('a'), 'two')
  watch.refresh()
  await timers(2)
  await clock.advance(300)
  await waitFor(() => reloads === 1, { what: 'the reload' })
})

test('waits until a file that is written in pieces is left alone', async () => {
  writeFileSync(at('a'), '1')
  read('a')
  writeFileSync(at('a'), '1 2')
  // Acts as the look that sees it.
  watch.refresh()
  await timers(2)
  await clock.advance(250)
  writeFileSync(at('a'), '1 2 3')
  watch.refresh()
  await timers(2)
  // The look that sees it sets the time again, at any moment before it is over.
  await waitFor(async () => clock.advance(50).then(() => reloads === 1), { what: 'the reload' })
  expect(reloads).toBe(1)
})

test.each([
  {
    state: 'missing',
    lose: () => unlinkSync(at('a')),
    restore: () => {
      writeFileSync(at('b'), '2')
      renameSync(at('b'), at('a'))
    },
  },
  {
    state: 'empty',
    lose: () => writeFileSync(at('a'), ''),
    restore: () => writeFileSync(at('a'), '2'),
  },
])('gives a file that is $state the time to come back', async ({ lose, restore }) => {
  writeFileSync(at('a'), '1')
  read('a')
  lose()
  watch.refresh()
  await timers(2)
  await clock.advance(300)
  // One for the second comparison, one for the file.
  await timers(2)
  await clock.advance(600)
  expect(reloads).toBe(0)
  restore()
  await waitFor(async () => clock.advance(50).then(() => reloads === 1), { what: 'the reload' })
})

test('reloads when a file stays away', async () => {
  writeFileSync(at('a'), '1')
  read('a')
  unlinkSync(at('a'))
  await waitFor(async () => clock.advance(50).then(() => reloads === 1), { what: 'the reload' })
  expect(clock.monotonic() - 1_000_000).toBeGreaterThanOrEqual(2_000)
})

test('follows a file that did not exist', async () => {
  read('missing')
  writeFileSync(at('missing'), '1')
  await waitFor(async () => clock.advance(50).then(() => reloads === 1), { what: 'the reload' })
})

test('of a folder, only its *.hcl files count', async () => {
  files.note(folder)
  const before = files.states(true).get(folder)
  for (const hidden of ['.gateway.hcl.swp', '.#gateway.hcl', '.gateway.hcl']) writeFileSync(at(hidden), '')
  files.begin()
  files.note(folder)
  expect(files.states(true).get(folder)).toBe(before)
  watch.refresh()
  writeFileSync(at('new.hcl'), '')
  await waitFor(async () => clock.advance(50).then(() => reloads === 1), { what: 'the reload' })
})

test('a file that the gateway reads again by itself counts only after a refused reload', () => {
  files.note(at('own'), true)
  files.note(at('both'), true)
  files.note(at('both'))
  expect([...files.states(true).keys()]).toEqual([at('both')])
  expect([...files.states(false).keys()]).toEqual([at('own'), at('both')])
})
