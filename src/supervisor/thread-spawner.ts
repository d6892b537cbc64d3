import { isMainThread, type MessagePort, Worker } from 'node:worker_threads'
import { sharedController } from '../core/abort.js'
import type { JoinLink, PartLink } from '../mailbox/route-link.js'

import type { FromThread, ThreadData, ToThread } from '../mailbox/thread-messages.js'
import type { ActorThreadHandle, Spawner, ThreadExit } from './spawner.js'
import { interruptThread } from './thread-interrupt.js'
import { programOf, THREAD_START } from './thread-start.js'

/**
 * V8's heap limit, far above the limit that the supervisor enforces. One large allocation past it aborts the whole
 * process.
 */
const HARD_HEAP_LIMIT_MB = 4_096

/** How long the exit of the process waits for the next thread to leave before it interrupts those that have not left. */
const EXIT_WAIT_MS = 100

/** Threads that were started and have not ended. */
const started = new Set<WorkerThread>()

/** Spawns worker threads of Node. */
export const threadSpawner: Spawner = { spawn: (worker) => new WorkerThread(worker) }

/** Runs the exit listeners of all threads, which Node terminates next. */
function leaveAll(): void {
  for (const thread of started) thread.askToLeave()
  const haveLeft = [...started].every((thread) => thread.waitToLeave(EXIT_WAIT_MS))
  if (haveLeft) return
  for (const thread of started) thread.interrupt()
  // A thread in a native call leaves when the call returns. Node would wait as long, to end the thread.
  for (const thread of started) if (thread.isInterrupted) thread.waitToLeave(Number.POSITIVE_INFINITY)
}

class WorkerThread implements ActorThreadHandle {
  readonly #worker: Worker
  readonly threadId: number
  readonly loaded: Promise<void>
  /** 1 when the thread has run its exit listeners. */
  readonly #left = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  #isInterrupted = false
  #exit: ThreadExit | undefined
  #error: Error | undefined
  #onError: ((error: Error) => void)[] = []
  #onExit: ((exit: ThreadExit) => void)[] = []

  constructor(url: URL) {
    this.#worker = new Worker(THREAD_START, {
      eval: true,
      workerData: { url: url.href, program: programOf(url), left: this.#left } satisfies ThreadData,
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

  part(link: PartLink): void {
    this.#worker.postMessage(link satisfies ToThread)
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
      this.askToLeave()
    })
  }

  askToLeave(): void {
    this.#worker.postMessage({ kind: 'leave' } satisfies ToThread)
  }

  /** Blocks until the thread has run its exit listeners, or the time is up. @returns whether it has run them */
  waitToLeave(ms: number): boolean {
    return Atomics.wait(this.#left, 0, 0, ms) !== 'timed-out'
  }

  /** Whether the thread is certain to run its exit listeners as soon as it runs JavaScript. */
  get isInterrupted(): boolean {
    return this.#isInterrupted
  }

  async interrupt(): Promise<void> {
    if (!started.has(this) || Atomics.load(this.#left, 0) === 1) return
    const ended = sharedController()
    this.onExit(() => ended.abort())
    await interruptThread(this.threadId, isMainThread, ended.signal, () => {
      this.#isInterrupted = true
    }).catch(() => {})
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
