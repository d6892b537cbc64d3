import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const SCRIPT = at('../fixtures/queue-worker.js')
const APP = at('../fixtures/queue-app.js')
const CLI = at('../../src/cli/main.js')

/** How a worker is restarted. */
export const RESTARTS = ['shutdown()', 'SIGTERM of run --app', 'SIGKILL'] as const
export type Restart = (typeof RESTARTS)[number]

export interface WorkerOptions {
  /** The block of its integration in the object form of the configuration. */
  readonly integration: object
  readonly queue: string
  readonly workMs: number
  readonly restart: Restart
  /** For its files. */
  readonly folder: string
  /** Receives each line that a worker says: `got 7`, `done 7`. */
  readonly heard: (what: string, n: number) => void
}

/** A process that works on a queue; see the fixtures. */
export class WorkerProcess {
  readonly #child: ChildProcess
  readonly #closed: Promise<void>

  private constructor(child: ChildProcess, heard: WorkerOptions['heard']) {
    this.#child = child
    this.#closed = new Promise((resolve) => child.once('close', () => resolve()))
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const [what, n] = line.split(' ')
      if (what === 'got' || what === 'done') heard(what, Number(n))
    })
  }

  static async start(options: WorkerOptions): Promise<WorkerProcess> {
    const { integration, queue, workMs, restart, folder, heard } = options
    if (restart !== 'SIGTERM of run --app')
      return new WorkerProcess(run([SCRIPT, JSON.stringify(integration), queue, String(workMs)]), heard)
    const file = join(folder, `worker-${Math.random().toString(36).slice(2)}.hcl`)
    await writeFile(file, block('integration "worker"', integration))
    const env = { ...process.env, QUEUE: queue, WORK_MS: String(workMs) }
    return new WorkerProcess(run([CLI, 'run', file, '--app', APP], env), heard)
  }

  /** Ends it in the way it is tested for. Resolves when it is gone, and all that it said has been read. */
  async end(restart: Restart): Promise<number | null> {
    this.#child.kill(restart === 'SIGKILL' ? 'SIGKILL' : 'SIGTERM')
    await this.#closed
    return this.#child.exitCode
  }

  /** Whatever state it is in. */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL')
    await this.#closed
  }
}

const run = (args: readonly string[], env = process.env): ChildProcess =>
  spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })

/** An object as a block of HCL. */
function block(head: string, content: object): string {
  const lines = Object.entries(content).map(([name, value]) =>
    typeof value === 'object' ? block(name, value as object) : `${name} = ${JSON.stringify(value)}`,
  )
  return `${head} {\n${lines.join('\n')}\n}`
}
