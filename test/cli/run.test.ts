import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { IS_FULL, rounds } from '../support/rounds.js'
import { cli, FIXTURES, type Running, start } from './support.js'

const running = new Set<Running>()

afterAll(async () => {
  for (const { child, ended } of running) {
    child.kill('SIGKILL')
    await ended
  }
})

function run(...args: readonly (string | NodeJS.ProcessEnv)[]): Running {
  const texts = args.filter((arg) => typeof arg === 'string')
  const env = args.find((arg) => typeof arg === 'object')
  const started = start(['run', `${FIXTURES}gateway.hcl`, ...texts], env)
  running.add(started)
  return started
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  'runs until %s, then stops in order with code 0',
  async (signal) => {
    const { child, seen, ended } = run()
    await seen(/events connected/)
    child.kill(signal)
    const { code, stdout, stderr } = await ended
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      /gateway running: events, memory\n(.*\n)*.*gateway stopping\n(.*\n)*.*gateway stopped\n$/,
    )
  },
)

test('a thread that is stuck in a native call does not keep the process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nemo-stuck-'))
  const pipe = join(folder, 'pipe')
  execFileSync('/usr/bin/env', ['mkfifo', pipe])
  const started = start(['run', `${FIXTURES}stuck.hcl`], { PIPE: pipe })
  running.add(started)
  const { child, seen, ended } = started
  await seen(/stuck did not end when its time was up/)
  child.kill('SIGTERM')
  const { code, stdout, stderr } = await ended
  rmSync(folder, { recursive: true })
  expect(code).toBe(null)
  expect(stdout).toMatch(/gateway stopped\n$/)
  expect(stderr).toContain('1 thread is stuck in a native call')
})

test('--json writes nothing but JSON lines', async () => {
  const { child, seen, ended } = run('--json')
  await seen(/"connected"/)
  child.kill('SIGINT')
  const { code, stdout } = await ended
  const records = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(code).toBe(0)
  expect(
    records.every(({ time, level, message }) =>
      [time, level, message].every((field) => typeof field === 'string'),
    ),
  ).toBe(true)
  expect(records.map(({ message }) => message)).toEqual(
    expect.arrayContaining(['actor:started', 'gateway:running', 'gateway:stopped']),
  )
})

test('an application is given the gateway, and cleaned up before the end', async () => {
  const { child, seen, ended } = run('--app', `${FIXTURES}app.mjs`)
  await seen(/app published 1/)
  child.kill('SIGINT')
  const { code, stderr } = await ended
  expect([code, stderr]).toEqual([0, 'app published 1\napp cleaned up\n'])
})

test('an application that shuts the gateway down ends the run', async () => {
  const { code, stdout, stderr } = await run('--app', `${FIXTURES}ending-app.mjs`).ended
  expect([code, stderr]).toEqual([0, 'app cleaned up\n'])
  expect(stdout).toContain('gateway stopped')
})

test('an application that fails ends the run with code 1', async () => {
  const { code, stdout, stderr } = await run('--app', `${FIXTURES}failing-app.mjs`).ended
  expect([code, stderr]).toEqual([1, 'nemo-gateway: the application failed: no luck today\n'])
  expect(stdout).toContain('gateway stopped')
})

test('an application that never finishes loading ends the run with code 1 and says so', async () => {
  const { code, stdout, stderr } = await run('--app', `${FIXTURES}unsettled-app.mjs`).ended
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^nemo-gateway: the module .*unsettled-app\.mjs never finished loading: .*\n$/)
})

test('an application that exits while it loads keeps its exit code', async () => {
  const { code, stderr } = await run('--app', `${FIXTURES}exiting-app.mjs`).ended
  expect([code, stderr]).toEqual([0, ''])
})

test('an application that is not there is found out before anything starts', async () => {
  const { code, stdout, stderr } = await run('--app', 'nowhere.mjs').ended
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain('cannot use the module nowhere.mjs')
})

test('an application in TypeScript is loaded where Node can, and refused in one sentence elsewhere', async () => {
  const { child, seen, ended } = run('--app', `${FIXTURES}app.ts`)
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number]
  if (major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18)) {
    await seen(/app published 1/)
    child.kill('SIGINT')
    expect((await ended).code).toBe(0)
    return
  }
  const { code, stdout, stderr } = await ended
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(
    /^nemo-gateway: cannot use the module .*app\.ts: Node .* cannot load TypeScript: use .*\n$/,
  )
})

test('a reader of its output that goes away ends it in order', async () => {
  const { child, seen, ended } = run('--app', `${FIXTURES}chatty-app.mjs`)
  await seen(/gateway running/)
  child.stdout!.destroy()
  const { code, stderr } = await ended
  expect([code, stderr]).toEqual([0, 'app cleaned up\n'])
})

test('a wrong configuration starts nothing', async () => {
  const { code, stdout, stderr } = await cli('run', `${FIXTURES}wrong.hcl`)
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain('wrong.hcl:2:10')
})

/** Each signal ends an application wherever it is; a short campaign takes one of each. */
const CASES = (['SIGTERM', 'SIGINT'] as const)
  .flatMap((signal) => ['start', 'cleanup'].map((where) => [signal, where] as const))
  .filter(([signal, where]) => IS_FULL || (signal === 'SIGTERM') === (where === 'start'))
  .slice(0, rounds(2, 4))

describe('an application that does not end', () => {
  test.concurrent.each(CASES)(
    '%s ends one that blocks its thread in its %s',
    async (signal, where) => {
      const { child, seen, ended } = run('--app', `${FIXTURES}looping-app.mjs`, { APP: where })
      await seen(where === 'start' ? /app blocks/ : /app runs/)
      child.kill(signal)
      const { code, stderr } = await ended
      expect(code).toBe(137)
      expect(stderr).toContain(`the application did not end and was killed: 10 s after ${signal}`)
    },
    60_000,
  )

  test.concurrent.each(CASES)(
    '%s ends one that hangs in its %s',
    async (signal, where) => {
      const { child, seen, ended } = run('--app', `${FIXTURES}hanging-app.mjs`, { APP: where })
      await seen(where === 'start' ? /app hangs/ : /app runs/)
      child.kill(signal)
      const { code, stdout, stderr } = await ended
      expect(stdout).toContain('gateway stopped')
      if (where === 'start') expect(code).toBe(0)
      else {
        expect(code).toBe(1)
        expect(stderr).toContain('the application failed to stop: the limit of 4 s was exceeded')
      }
    },
    60_000,
  )

  test('a second signal ends it at once', async () => {
    const { child, seen, ended } = run('--app', `${FIXTURES}looping-app.mjs`, { APP: 'start' })
    await seen(/app blocks/)
    child.kill('SIGINT')
    child.kill('SIGTERM')
    await seen(/was killed: a second signal/)
    expect((await ended).code).toBe(137)
  })

  test('its process ends with the launcher, however that ends', async () => {
    const { child, seen, ended } = run('--app', `${FIXTURES}app.mjs`)
    await seen(/app published 1/)
    child.kill('SIGKILL')
    // Its output closes when no process holds it any more.
    await ended
  })
})
