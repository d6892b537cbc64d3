import { afterEach, expect, test } from 'vitest'
import { cli, FIXTURES, type Running, start } from './support.js'

const running = new Set<Running>()

afterEach(async () => {
  for (const { child, ended } of running) {
    child.kill('SIGKILL')
    await ended
  }
  running.clear()
})

function run(...args: readonly string[]): Running {
  const started = start(['run', `${FIXTURES}gateway.hcl`, ...args])
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

test('an application that fails ends the run with code 1', async () => {
  const { code, stdout, stderr } = await run('--app', `${FIXTURES}failing-app.mjs`).ended
  expect([code, stderr]).toEqual([1, 'nemo-gateway: the application failed: no luck today\n'])
  expect(stdout).toContain('gateway stopped')
})

test('an application that is not there is found out before anything starts', async () => {
  const { code, stdout, stderr } = await run('--app', 'nowhere.mjs').ended
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain('the module nowhere.mjs cannot be used')
})

test('a wrong configuration starts nothing', async () => {
  const { code, stdout, stderr } = await cli('run', `${FIXTURES}wrong.hcl`)
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain('wrong.hcl:2:10')
})
