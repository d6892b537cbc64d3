import { type Clock, sleep } from '../core/clock.js'
import type { Countdown } from '../core/countdown.js'

/** Runs code of the application: a consumer, a subscription or a server. */
export interface Worker {
  /** Whether a handler or the body of a loop is running. @internal */
  readonly isBusy: boolean
  /** Whether it never runs code again. Absent for one that lives as long as the gateway. @internal */
  readonly isOver?: boolean
  /** Called when the shutdown no longer waits for it. @internal */
  abandon?(): void
}

/** How often a shutdown checks whether all workers are idle. */
const LOOK_EVERY_MS = 5
/** Workers that ended by themselves are removed when there are this many more than remained the last time. */
const PRUNE_AT = 64

/** The workers of a gateway, for which a shutdown waits. Costs nothing while they work. */
export class Work {
  readonly #clock: Clock
  readonly #workers = new Set<Worker>()
  #pruneAt = PRUNE_AT

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(worker: Worker): void {
    if (this.#workers.size >= this.#pruneAt) this.#prune()
    this.#workers.add(worker)
  }

  /** The workers that are held. */
  get size(): number {
    return this.#workers.size
  }

  /** Removes a worker, busy or not. Idempotent. */
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

  #prune(): void {
    for (const worker of this.#workers) if (worker.isOver === true) this.#workers.delete(worker)
    this.#pruneAt = 2 * this.#workers.size + PRUNE_AT
  }

  /**
   * Waits until all workers, or the given one, are idle.
   * @param ms the longest wait in milliseconds, or a countdown that may be shortened
   * @returns whether they are idle
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
