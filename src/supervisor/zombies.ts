import type { Clock } from '../core/clock.js'
import type { ActorThreadHandle } from './spawner.js'

/** A terminated thread that has not ended after this long is stuck in a native call. */
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

  terminate(id: string, thread: ActorThreadHandle): void {
    const { threadId } = thread
    const timer = this.#clock.setTimer(
      STUCK_AFTER_MS,
      () => {
        this.#stuck.add(threadId)
        this.#report(id, threadId)
      },
      { background: true },
    )
    thread.onExit(() => {
      timer.cancel()
      this.#stuck.delete(threadId)
    })
    thread.terminate()
    // Call `unref` last, because `terminate` makes the process wait for the thread again.
    thread.unref()
  }
}
