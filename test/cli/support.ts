import { runCommand } from '../../src/cli/command.js'
import type { Terminal } from '../../src/cli/terminal.js'
import { type Ended, type Running, startProgram } from '../support/program.js'

export type { Running }

export const MAIN = new URL('../../src/cli/main.js', import.meta.url).pathname
export const FIXTURES = new URL('../../../test/cli/fixtures/', import.meta.url).pathname

/** Starts the real command line as a process of its own. */
export function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  return startProgram(MAIN, args, env)
}

/** Starts the real command line without a terminal, as a service manager does, so that nothing else sends it SIGHUP. */
export function startDaemon(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  input: 'ignore' | 'pipe' = 'ignore',
): Running {
  return startProgram(MAIN, args, env, { detached: true, input })
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
