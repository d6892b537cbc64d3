import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LineClient } from '../../test/embed/client.js'
import { waitFor } from '../../test/support/wait-for.js'
import type { Side } from '../measure/compare.js'
import { messagePool } from '../message.js'
import { runLanes } from './lanes.js'

/** The published command line. */
const CLI = new URL('../../cli.js', import.meta.url).pathname
const COUNTER = new URL('../../../bench/load/count-lines.py', import.meta.url).pathname

/** Runs `use` with the command that runs a configuration over stdio. */
export async function withCommand<T>(
  configuration: string,
  use: (command: readonly string[]) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'nemo-bench-'))
  try {
    const file = join(folder, 'gateway.hcl')
    await writeFile(file, configuration)
    return await use([process.execPath, CLI, 'run', file, '--stdio'])
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A program in Python that starts the gateway and counts the messages of a subscription. */
export async function lineCounter(command: readonly string[]): Promise<Side> {
  const child = spawn('python3', [COUNTER, ...command], { stdio: ['pipe', 'pipe', 'inherit'] })
  let count = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    count = Number(text.trimEnd().split('\n').at(-1))
  })
  // The answers to its two requests are lines too.
  await waitFor(() => count >= 2, { what: 'the subscription' })
  return {
    begin: async () => ({ count: () => count, stop: async () => {} }),
    close: () => ended(child),
  }
}

/** Calls through a gateway that runs as a child process. */
export async function embeddedCaller(
  [program, ...args]: readonly string[],
  integration: string,
  method: string,
): Promise<Side> {
  const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const client = new LineClient(child.stdout, child.stdin, Promise.resolve(null))
  await client.initialize()
  const pool = messagePool()
  const call = (n: number) => client.call('call', { integration, method, params: pool[n % pool.length] })
  return { begin: async () => runLanes(1, call, true), close: () => ended(child) }
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = new Promise((resolve) => child.once('close', resolve))
  child.stdin!.end()
  await exit
}
