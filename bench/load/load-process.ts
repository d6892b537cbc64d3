import { type ChildProcess, fork } from 'node:child_process'

const READY_MS = 10_000

/** A process that makes load or answers it. It ends when this process ends, however that happens. */
export class LoadProcess<Order extends object = never> {
  readonly #child: ChildProcess
  readonly #ready: unknown

  private constructor(child: ChildProcess, ready: unknown) {
    this.#child = child
    this.#ready = ready
  }

  /**
   * Starts a module of this folder; resolves with its first message, which says that it is ready.
   * @throws Error when it ends before, or is not ready within 10 s
   */
  static async start<Order extends object = never>(
    module: string,
    args: readonly (string | number)[] = [],
  ): Promise<LoadProcess<Order>> {
    // `execArgv` would hand on what the host was started with: a profiler, say.
    const child = fork(new URL(module, import.meta.url), args.map(String), {
      execArgv: [],
      serialization: 'json',
    })
    try {
      const ready = await new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error(`${module} was not ready within ${READY_MS} ms`)), READY_MS).unref()
        child.once('message', resolve)
        child.once('error', reject)
        child.once('exit', (code) => reject(new Error(`${module} ended with ${code} before it was ready`)))
      })
      return new LoadProcess<Order>(child, ready)
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  /** What it said when it was ready. */
  get ready(): unknown {
    return this.#ready
  }

  tell(order: Order): void {
    if (this.#child.connected) this.#child.send(order)
  }

  /** Ends it; resolves when it is gone. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    await new Promise((resolve) => {
      this.#child.once('exit', resolve)
      this.#child.kill('SIGKILL')
    })
  }
}
