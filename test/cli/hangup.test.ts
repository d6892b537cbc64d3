import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { meaningOfHangup } from '../../src/cli/stop-signals.js'
import { waitFor } from '../support/wait-for.js'
import { FIXTURES, MAIN, type Running, startDaemon } from './support.js'

const folder = mkdtempSync(join(tmpdir(), 'nemo-hangup-'))
const running = new Set<Running>()
afterAll(async () => {
  for (const { child, ended } of running) {
    child.kill('SIGKILL')
    await ended
  }
  rmSync(folder, { recursive: true })
})

const configured = (messages: number) => `integration "events" {
  type    = "memory"
  mailbox { messages = ${messages} }
}
`

describe('what SIGHUP asks for', () => {
  const meaning = (isWatching: boolean, hadTerminal: boolean, hasTerminal: boolean) =>
    meaningOfHangup({ isWatching, hadTerminal }, hasTerminal, 'linux')

  test('a daemon reloads', () => {
    expect(meaning(false, false, false)).toBe('reload')
    expect(meaning(true, false, false)).toBe('reload')
  })

  test('at a terminal only a gateway that follows its files reloads', () => {
    expect(meaning(false, true, true)).toBe('stop')
    expect(meaning(true, true, true)).toBe('reload')
  })

  test('a terminal that goes away stops both', () => {
    expect(meaning(false, true, false)).toBe('stop')
    expect(meaning(true, true, false)).toBe('stop')
  })

  test('Windows sends it for a console that is closed', () => {
    expect(meaningOfHangup({ isWatching: true, hadTerminal: false }, false, 'win32')).toBe('stop')
  })
})

test.concurrent.each([
  ['run', []],
  ['--app', ['--app', `${FIXTURES}app.mjs`]],
  ['--stdio', ['--stdio']],
  ['--socket', ['--socket', join(folder, 'nemo.sock')]],
] as const)('%s without a terminal reloads for SIGHUP, and goes on', async (name, args) => {
  const file = join(folder, `${name.replace('--', '')}.hcl`)
  writeFileSync(file, configured(100))
  const process = startDaemon(['run', file, ...args], {}, name === '--stdio' ? 'pipe' : 'ignore')
  running.add(process)
  await process.seen(/gateway running/)
  for (const [messages, reloads] of [
    [101, /1 changed/],
    [101, /no changes/],
  ] as const) {
    writeFileSync(file, configured(messages))
    process.child.kill('SIGHUP')
    await process.seen(reloads)
    // A second signal within a moment counts once.
    await new Promise((resolve) => setTimeout(resolve, 150))
  }
  process.child.kill('SIGTERM')
  expect((await process.ended).code).toBe(0)
})

/** Starts the command line on a terminal of its own. */
async function onTerminal(...args: readonly string[]) {
  const command = [process.execPath, MAIN, 'run', ...args].join(' ')
  // The shell becomes the command, so that its process is the one that it tells.
  const terminal = spawn(
    '/usr/bin/env',
    ['script', '-qfc', `echo process=$$; exec ${command}`, '/dev/null'],
    {
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  )
  let output = ''
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const seen = (pattern: RegExp) =>
    waitFor(() => pattern.exec(output), { what: () => `${pattern}: ${output}` })
  const pid = Number((await seen(/process=(\d+)/))[1])
  await seen(/gateway:running/)
  const gone = () =>
    waitFor(
      () => {
        try {
          process.kill(pid, 0)
          return false
        } catch {
          return true
        }
      },
      { what: () => `the end of the process: ${output}` },
    )
  const close = async () => {
    terminal.kill('SIGKILL')
    await gone().catch(() => process.kill(pid, 'SIGKILL'))
  }
  return { terminal, pid, seen, gone, close }
}

describe.runIf(existsSync('/usr/bin/script'))('at a terminal', () => {
  const file = join(folder, 'terminal.hcl')
  writeFileSync(file, configured(100))
  const open = (...args: readonly string[]) => {
    return onTerminal(file, '--json', ...args)
  }

  test.concurrent('SIGHUP stops', async () => {
    const { pid, seen, gone, close } = await open()
    process.kill(pid, 'SIGHUP')
    await seen(/gateway:stopped/)
    await gone()
    await close()
  })

  test.concurrent('SIGHUP reloads with --watch, and the end of the terminal stops', async () => {
    const { terminal, pid, seen, gone } = await open('--watch')
    process.kill(pid, 'SIGHUP')
    await seen(/"result":"unchanged"/)
    terminal.kill('SIGKILL')
    await gone()
  })

  test.concurrent('the end of the terminal stops an application too', async () => {
    const { terminal, gone } = await open('--watch', '--app', `${FIXTURES}app.mjs`)
    terminal.kill('SIGKILL')
    await gone()
  })
})
