import { type ChildProcess, spawn } from 'node:child_process'
import { runCommand } from '../../src/cli/command.js'
import type { Terminal } from '../../src/cli/terminal.js'

const MAIN = new URL('../../src/cli/main.js', import.meta.url).pathname
export const FIXTURES = new URL('../../../test/cli/fixtures/', import.meta.url).pathname

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A started command line. */
export interface Running {
  readonly child: ChildProcess
  /** Resolves when its output on one of the streams matches. */
  seen(pattern: RegExp): Promise<void>
  readonly ended: Promise<Ended>
}

/** Starts the real command line as a process of its own. */
export function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  const seen = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (pattern.test(stdout) || pattern.test(stderr)) resolve()
      }
      child.stdout.on('data', look)
      child.stderr.on('data', look)
      child.on('close', () => reject(new Error(`ended before ${pattern} was seen: ${stdout}${stderr}`)))
      look()
    })
  return { child, seen, ended }
}

/** Runs a command in this process to its end, as the program does, on a pipe. */
export async function cli(...args: readonly string[]): Promise<Ended> {
  const written = { stdout: '', stderr: '' }
  const terminal: Terminal = {
    out: (text) => {
      written.stdout += text
    },
    err: (text) => {
      written.stderr += text
    },
    readerGone: new AbortController().signal,
    isLive: false,
    colorOut: false,
    colorErr: false,
    size: () => ({ columns: 80, rows: 24 }),
  }
  const code = await runCommand(args, terminal)
  return { code, ...written }
}
