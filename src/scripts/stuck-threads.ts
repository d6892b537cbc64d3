import { type Clock, sleep } from '../core/clock.js'

/** A thread that has not exited so long after its end is stuck in a native call. */
const STUCK_AFTER_MS = 250

/** Counts threads that were ended and do not exit: nothing interrupts a native call. */
export class StuckThreads {
  readonly #clock: Clock
  /** For each thread that was ended: resolves when it has exited or is stuck. */
  readonly #ending = new Set<Promise<void>>()
  #count = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get count(): number {
    return this.#count
  }

  /** Resolves when each thread that was ended has exited or is counted. */
  async settled(): Promise<void> {
    await Promise.all(this.#ending)
  }

  /** @param exited resolves when the thread that was ended has exited */
  watch(exited: Promise<void>): void {
    const ending = this.#watch(exited)
    this.#ending.add(ending)
    void ending.then(() => this.#ending.delete(ending))
  }

  async #watch(exited: Promise<void>): Promise<void> {
    const hasExited = exited.then(() => true)
    const late = sleep(this.#clock, STUCK_AFTER_MS).then(() => false)
    if (await Promise.race([hasExited, late])) return
    this.#count++
    void exited.then(() => this.#count--)
  }
}
