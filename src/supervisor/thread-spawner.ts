import { type MessagePort, Worker } from 'node:worker_threads'
import type { FromThread, ToThread } from '../mailbox/thread-messages.js'
import type { ActorThreadHandle, Spawner, ThreadExit } from './spawner.js'

/**
 * V8's own limit is a last resort far above what the supervisor allows: past it one large allocation aborts
 * the whole process, so it must never be the first to speak.
 */
const HARD_HEAP_LIMIT_MB = 4_096

/** Real worker threads. */
export const threadSpawner: Spawner = { spawn: (worker) => new WorkerThread(worker) }

class WorkerThread implements ActorThreadHandle {
  readonly #worker: Worker
  readonly threadId: number
  readonly loaded: Promise<void>
  #exit: ThreadExit | undefined
  #error: Error | undefined
  #onError: ((error: Error) => void)[] = []
  #onExit: ((exit: ThreadExit) => void)[] = []

  constructor(url: URL) {
    // Environment and arguments are the host's business: an actor is told what it needs.
    this.#worker = new Worker(url, {
      // Node itself drops the query of the address, and an adapter of your own is named there.
      workerData: url.href,
      resourceLimits: { maxOldGenerationSizeMb: HARD_HEAP_LIMIT_MB },
      execArgv: [],
      stdout: false,
      stderr: false,
    })
    this.threadId = this.#worker.threadId
    this.#worker.on('error', (error: Error) => {
      const failure = error instanceof Error ? error : new Error(String(error))
      this.#error = failure
      for (const failed of this.#onError) failed(failure)
    })
    this.#worker.on('exit', (code) => {
      this.#exit = { code, ...(this.#error !== undefined && { error: this.#error }) }
      for (const ended of this.#onExit) ended(this.#exit)
      this.#onExit = []
    })
    this.loaded = new Promise((resolve, reject) => {
      this.onMessage((message) => {
        if (message.kind === 'loaded') resolve()
      })
      this.onExit(({ code, error }) =>
        reject(error ?? new Error(`the thread ended with code ${code} while loading`)),
      )
    })
    // Whoever waits for it hears of it; nobody else need.
    this.loaded.catch(() => {})
  }

  start(message: ToThread, transfer: readonly MessagePort[]): void {
    this.#worker.postMessage(message, transfer as MessagePort[])
  }

  attach(port: MessagePort): void {
    this.#worker.postMessage({ kind: 'attach', port } satisfies ToThread, [port])
  }

  onMessage(receive: (message: FromThread) => void): void {
    this.#worker.on('message', receive)
  }

  onError(failed: (error: Error) => void): void {
    this.#onError.push(failed)
  }

  onExit(ended: (exit: ThreadExit) => void): void {
    if (this.#exit !== undefined) ended(this.#exit)
    else this.#onExit.push(ended)
  }

  terminate(): void {
    this.#worker.terminate()
  }

  unref(): void {
    this.#worker.unref()
  }
}
