import type { Clock } from '../core/clock.js'
import type { ActorThreadHandle } from './spawner.js'

/** A thread that has not ended after this long is stuck in a native call. */
const STUCK_AFTER_MS = 250

/**
 * Ends threads without waiting for them. A thread that does not end is a zombie: it is counted and reported, and does
 * not delay its successor.
 */
export class Zombies {
  readonly #clock: Clock
  readonly #report: (id: string, threadId: number) => void
  readonly #stuck = new Set<number>()

  constructor(clock: Clock, report: (id: string, threadId: number) => void) {
    this.#clock = clock
    this.#report = report
  }

  /** The number of zombies. */
  get count(): number {
    return this.#stuck.size
  }

  /**
   * Ends a thread: lets it run its exit listeners, which close its sockets, then terminates it. A terminated thread
   * reads its sockets once more without running JavaScript, and an HTTP/2 session that reads so aborts the process.
   * @param leaveMs how long the thread may take before it is interrupted to run its exit listeners
   * @returns a promise that resolves when the thread is terminated or stuck; never rejects
   */
  end(id: string, thread: ActorThreadHandle, leaveMs: number): Promise<void> {
    return new Promise((resolve) => {
      const { threadId } = thread
      let isInterrupted = false
      const terminate = () => {
        thread.terminate()
        // Call `unref` last, because `terminate` makes the process wait for the thread again.
        thread.unref()
        resolve()
      }
      const interrupt = this.#clock.setTimer(leaveMs, () => {
        isInterrupted = true
        thread.interrupt().then(terminate)
      })
      const stuck = this.#clock.setTimer(STUCK_AFTER_MS, () => {
        this.#stuck.add(threadId)
        this.#report(id, threadId)
        resolve()
      })
      thread.onExit(() => {
        interrupt.cancel()
        stuck.cancel()
        this.#stuck.delete(threadId)
        resolve()
      })
      thread.leave().then(() => {
        interrupt.cancel()
        // Node crashes if a thread is terminated during an interruption.
        if (!isInterrupted) terminate()
      })
      thread.unref()
    })
  }
}
