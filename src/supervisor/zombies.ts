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
      const began = this.#clock.monotonic()
      let state: 'leaving' | 'interrupted' | 'terminated' | 'ended' = 'leaving'
      const report = () => {
        this.#stuck.add(threadId)
        this.#report(id, threadId)
        resolve()
      }
      let stuck = this.#clock.setTimer(STUCK_AFTER_MS, report)
      const terminate = () => {
        if (state === 'ended') return
        state = 'terminated'
        // Nobody waits for a terminated thread, so the process may exit before it is known to be stuck.
        stuck.cancel()
        const left = Math.max(0, began + STUCK_AFTER_MS - this.#clock.monotonic())
        if (!this.#stuck.has(threadId)) stuck = this.#clock.setTimer(left, report, { background: true })
        thread.terminate()
        // Call `unref` last, because `terminate` makes the process wait for the thread again.
        thread.unref()
        resolve()
      }
      const interrupt = this.#clock.setTimer(leaveMs, () => {
        state = 'interrupted'
        thread.interrupt().then(terminate)
      })
      thread.onExit(() => {
        state = 'ended'
        interrupt.cancel()
        stuck.cancel()
        this.#stuck.delete(threadId)
        resolve()
      })
      thread.leave().then(() => {
        interrupt.cancel()
        // Node crashes if a thread is terminated during an interruption.
        if (state === 'leaving') terminate()
      })
      thread.unref()
    })
  }
}
