import type { Clock, Timer } from '../core/clock.js'

/** So long may one subscription hold back a connection that it shares with others. */
const LONGEST_SHARED_HOLD_MS = 1_000

/**
 * Whether a subscription with `overflow = "block"` holds its broker back. Where that stops other subscriptions too, it
 * is bounded in time: afterwards what does not fit is dropped and counted, until the subscriber has caught up.
 */
export class Hold {
  readonly #clock: Clock
  readonly #isShared: boolean
  readonly #letGo: () => void
  #state: { readonly kind: 'flowing' | 'dropping' } | { readonly kind: 'held'; readonly timer?: Timer } = {
    kind: 'flowing',
  }

  /**
   * @param isShared whether other subscriptions are held back with this one.
   * @param letGo called when the broker may go on.
   */
  constructor(clock: Clock, isShared: boolean, letGo: () => void) {
    this.#clock = clock
    this.#isShared = isShared
    this.#letGo = letGo
  }

  get isHeld(): boolean {
    return this.#state.kind === 'held'
  }

  /** Whether what does not fit is dropped. */
  get isDropping(): boolean {
    return this.#state.kind === 'dropping'
  }

  /** The queue is filling up. @returns whether the broker is held back now */
  fill(): boolean {
    if (this.#state.kind === 'dropping') return false
    if (this.#state.kind === 'held') return true
    if (this.#isShared) {
      const task = () => {
        this.#state = { kind: 'dropping' }
        this.#letGo()
      }
      this.#state = {
        kind: 'held',
        timer: this.#clock.setTimer(LONGEST_SHARED_HOLD_MS, task, { background: true }),
      }
    } else this.#state = { kind: 'held' }
    return true
  }

  /** The queue has emptied. */
  empty(): void {
    const before = this.#state
    if (before.kind === 'held') before.timer?.cancel()
    this.#state = { kind: 'flowing' }
    if (before.kind === 'held') this.#letGo()
  }

  /** The subscription is closed, or its connection is lost: nothing is held any more. */
  reset(): void {
    if (this.#state.kind === 'held') this.#state.timer?.cancel()
    this.#state = { kind: 'flowing' }
  }
}
