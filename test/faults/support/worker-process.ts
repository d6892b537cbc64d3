import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const SCRIPT = fileURLToPath(new URL('../../fixtures/queue-worker.js', import.meta.url))

/** A process of its own that works on a queue; see the script. Killed at the latest when the test has finished. */
export class WorkerProcess {
  /** Messages that it has begun with, and those that it has finished. */
  readonly got = new Set<number>()
  readonly done = new Set<number>()
  readonly #child: ChildProcess

  /** @param integration the block of an integration in the object form of the configuration */
  constructor(integration: object, queue: string, workMs: number) {
    this.#child = spawn(process.execPath, [SCRIPT, JSON.stringify(integration), queue, String(workMs)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => this.end('SIGKILL'))
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const [what, n] = line.split(' ')
      if (what === 'got') this.got.add(Number(n))
      if (what === 'done') this.done.add(Number(n))
    })
  }

  /** Messages that it has begun with and not finished. */
  get inHand(): number[] {
    return [...this.got].filter((n) => !this.done.has(n))
  }

  /** Ends it: by SIGKILL without a farewell. Resolves when it is gone and all that it said has been read. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = new Promise((resolve) => this.#child.once('close', resolve))
    this.#child.kill(signal)
    await gone
  }
}
