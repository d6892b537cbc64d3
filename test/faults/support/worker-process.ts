import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const SCRIPT = new URL('../../fixtures/queue-worker.js', import.meta.url).pathname

/** A process of its own that works on a queue; see the script. */
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
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const [what, n] = line.split(' ')
      if (what === 'got') this.got.add(Number(n))
      if (what === 'done') this.done.add(Number(n))
    })
  }

  /** Ends it without a farewell; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = new Promise((resolve) => this.#child.once('close', resolve))
    this.#child.kill('SIGKILL')
    await gone
  }
}
