import type { Clock, Timer } from '../core/clock.js'

/** So long may one subscription hold back others that share its connection. */
export const LONGEST_SHARED_HOLD_MS = 1_000

/**
 * Whether a subscription with `overflow = "block"` holds its broker back. While that holds back others too, it is
 * bounded in time: then what does not fit is dropped and counted, until the subscriber has caught up. A subscription
 * that is alone on its connection holds it back for as long as it takes.
 */
export class Hold {
  readonly #clock: Clock
  readonly #harmsOthers: () => boolean
  readonly #letGo: () => void
  #state: { readonly kind: 'flowing' | 'dropping' } | { readonly kind: 'held'; readonly timer: Timer } = {
    kind: 'flowing',
  }

  /**
   * @param harmsOthers whether anything else waits for the connection that is held back.
   * @param letGo called when the broker may go on.
   */
  constructor(clock: Clock, harmsOthers: () => boolean, letGo: () => void) {
    this.#clock = clock
    this.#harmsOthers = harmsOthers
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
    this.#hold()
    return true
  }

  #hold(): void {
    const task = () => {
      if (!this.#harmsOthers()) return this.#hold()
      this.#state = { kind: 'dropping' }
      this.#letGo()
    }
    const timer = this.#clock.setTimer(LONGEST_SHARED_HOLD_MS, task, { background: true })
    this.#state = { kind: 'held', timer }
  }

  /** The queue has emptied. */
  empty(): void {
    const before = this.#state
    if (before.kind === 'held') before.timer.cancel()
    this.#state = { kind: 'flowing' }
    if (before.kind === 'held') this.#letGo()
  }

  /** The subscription is closed, or its connection is lost: nothing is held any more. */
  reset(): void {
    if (this.#state.kind === 'held') this.#state.timer.cancel()
    this.#state = { kind: 'flowing' }
  }
}
