import { isMainThread, type MessagePort, Worker } from 'node:worker_threads'
import { sharedController } from '../core/abort.js'
import type { JoinLink } from '../mailbox/route-link.js'

import type { FromThread, ToThread } from '../mailbox/thread-messages.js'
import type { ActorThreadHandle, Spawner, ThreadExit } from './spawner.js'
import { interruptThread } from './thread-interrupt.js'

/**
 * V8's heap limit, far above the limit that the supervisor enforces. One large allocation past it aborts the whole
 * process.
 */
const HARD_HEAP_LIMIT_MB = 4_096

/** How long the exit of the process waits for the next thread to run its exit listeners. */
const EXIT_WAIT_MS = 100

/** Threads that were started and have not ended. */
const started = new Set<WorkerThread>()

/** Spawns worker threads of Node. */
export const threadSpawner: Spawner = { spawn: (worker) => new WorkerThread(worker) }

/** Runs the exit listeners of all threads, which Node terminates next. */
function leaveAll(): void {
  const count = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  for (const thread of started) thread.askToLeave(count)
  for (let left = 0; left < started.size; left = Atomics.load(count, 0))
    if (Atomics.wait(count, 0, left, EXIT_WAIT_MS) === 'timed-out') return
}

class WorkerThread implements ActorThreadHandle {
  readonly #worker: Worker
  readonly threadId: number
  readonly loaded: Promise<void>
  #exit: ThreadExit | undefined
  #error: Error | undefined
  #onError: ((error: Error) => void)[] = []
  #onExit: ((exit: ThreadExit) => void)[] = []

  constructor(url: URL) {
    this.#worker = new Worker(url, {
      // Passed again as data, because Node drops the query of the URL, which names a custom adapter.
      workerData: url.href,
      resourceLimits: { maxOldGenerationSizeMb: HARD_HEAP_LIMIT_MB },
      // Flags of the host, such as --inspect, are not for actors.
      execArgv: [],
      stdout: false,
      stderr: false,
    })
    this.threadId = this.#worker.threadId
    this.#worker.on('error', (error: Error) => {
      const failure = error instanceof Error ? error : new Error(String(error))
      this.#error = failure
      this.#forget()
      for (const failed of this.#onError) failed(failure)
    })
    this.#worker.on('exit', (code) => {
      this.#forget()
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
    // Without a caller that waits for it, the rejection must not count as unhandled.
    this.loaded.catch(() => {})
  }

  start(message: ToThread, transfer: readonly MessagePort[]): void {
    if (started.size === 0) process.on('exit', leaveAll)
    started.add(this)
    this.#worker.postMessage(message, transfer as MessagePort[])
  }

  attach(port: MessagePort): void {
    this.#worker.postMessage({ kind: 'attach', port } satisfies ToThread, [port])
  }

  join(link: JoinLink): void {
    this.#worker.postMessage(link satisfies ToThread, [link.end.port])
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

  leave(): Promise<void> {
    return new Promise((resolve) => {
      // A thread with an error is exiting; one that was never started has nothing open.
      if (!started.has(this)) return resolve()
      this.onExit(() => resolve())
      this.onMessage((message) => {
        if (message.kind === 'left') resolve()
      })
      this.askToLeave(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)))
    })
  }

  askToLeave(count: Int32Array): void {
    this.#worker.postMessage({ kind: 'leave', count } satisfies ToThread)
  }

  async interrupt(): Promise<void> {
    if (!started.has(this)) return
    const ended = sharedController()
    this.onExit(() => ended.abort())
    await interruptThread(this.threadId, isMainThread, ended.signal).catch(() => {})
  }

  terminate(): void {
    this.#forget()
    this.#worker.terminate()
  }

  unref(): void {
    this.#worker.unref()
  }

  #forget(): void {
    if (started.delete(this) && started.size === 0) process.off('exit', leaveAll)
  }
}
