import type { Clock } from '../core/clock.js'
import type { ActorThreadHandle } from './spawner.js'

/** A terminated thread that is still there after this long is stuck in a native call. */
const STUCK_AFTER_MS = 250

/**
 * Ends threads without waiting for them. One that does not end is a zombie: it is counted and reported, its
 * successor runs already, and nothing it still does reaches anyone.
 */
export class Zombies {
  readonly #clock: Clock
  readonly #report: (id: string, threadId: number) => void
  readonly #stuck = new Set<number>()

  constructor(clock: Clock, report: (id: string, threadId: number) => void) {
    this.#clock = clock
    this.#report = report
  }

  /** Threads that have been terminated and have not ended. */
  get count(): number {
    return this.#stuck.size
  }

  bury(id: string, thread: ActorThreadHandle): void {
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
    // In this order: ending a thread makes Node wait for it again.
    thread.unref()
  }
}
