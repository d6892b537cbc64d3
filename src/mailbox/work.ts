import { type Clock, sleep } from '../core/clock.js'
import type { Countdown } from '../core/countdown.js'

/** Something that runs the application's code: a consumer, a subscription, a server. */
export interface Worker {
  /** Whether a handler or the body of a loop runs now. @internal */
  readonly isBusy: boolean
  /** Nothing waits any longer for what runs. @internal */
  abandon?(): void
}

/** Between two looks at whether everybody is idle. Only endings look. */
const LOOK_EVERY_MS = 5

/** The workers of a gateway: an ending waits until all of them are idle. Costs nothing while they work. */
export class Work {
  readonly #clock: Clock
  readonly #workers = new Set<Worker>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(worker: Worker): void {
    this.#workers.add(worker)
  }

  /** Busy or not, nobody waits for it any more. Does nothing where it was removed before. */
  remove(worker: Worker): void {
    this.#workers.delete(worker)
  }

  abandon(): void {
    for (const worker of this.#workers) if (worker.isBusy) worker.abandon?.()
  }

  get isBusy(): boolean {
    for (const { isBusy } of this.#workers) if (isBusy) return true
    return false
  }

  /**
   * Resolves when all workers, or the one given, are idle, at the latest after `ms`.
   * @param ms or a countdown, which may be shortened meanwhile
   * @returns whether they are
   */
  async idle(ms: number | Pick<Countdown, 'left'>, worker: Worker = this): Promise<boolean> {
    const until = typeof ms === 'number' ? this.#clock.monotonic() + ms : undefined
    for (;;) {
      if (!worker.isBusy) return true
      const left = typeof ms === 'number' ? until! - this.#clock.monotonic() : ms.left
      if (left <= 0) {
        worker.abandon?.()
        return false
      }
      await sleep(this.#clock, Math.min(LOOK_EVERY_MS, left))
    }
  }
}
