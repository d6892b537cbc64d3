import type { Clock, Timer } from '../core/clock.js'

/** How long one subscription may hold back others on the same connection. */
export const LONGEST_SHARED_HOLD_MS = 1_000

/**
 * Whether a subscription with `overflow = "block"` holds its broker back. If that blocks other users of the connection,
 * the hold ends after `LONGEST_SHARED_HOLD_MS`, and messages that do not fit are dropped and counted until the
 * subscriber has caught up. A subscription that is alone on its connection holds it back without limit.
 */
export class Hold {
  readonly #clock: Clock
  readonly #blocksOthers: () => boolean
  readonly #onRelease: () => void
  #state: { readonly kind: 'flowing' | 'dropping' } | { readonly kind: 'held'; readonly timer: Timer } = {
    kind: 'flowing',
  }

  /**
   * @param blocksOthers whether the hold blocks other users of the connection
   * @param onRelease called when the broker may resume
   */
  constructor(clock: Clock, blocksOthers: () => boolean, onRelease: () => void) {
    this.#clock = clock
    this.#blocksOthers = blocksOthers
    this.#onRelease = onRelease
  }

  get isHeld(): boolean {
    return this.#state.kind === 'held'
  }

  /** Whether messages that do not fit are dropped. */
  get isDropping(): boolean {
    return this.#state.kind === 'dropping'
  }

  /** Called when the queue is filling up. @returns whether the broker is held back now */
  fill(): boolean {
    if (this.#state.kind === 'dropping') return false
    if (this.#state.kind === 'held') return true
    this.#hold()
    return true
  }

  #hold(): void {
    const task = () => {
      if (!this.#blocksOthers()) return this.#hold()
      this.#state = { kind: 'dropping' }
      this.#onRelease()
    }
    const timer = this.#clock.setTimer(LONGEST_SHARED_HOLD_MS, task, { background: true })
    this.#state = { kind: 'held', timer }
  }

  /** Called when the queue has room again. Lets a broker resume that was held back. */
  empty(): void {
    const before = this.#state
    if (before.kind === 'held') before.timer.cancel()
    this.#state = { kind: 'flowing' }
    if (before.kind === 'held') this.#onRelease()
  }

  /** Ends the hold without a callback, because the subscription was closed or its connection lost. */
  reset(): void {
    if (this.#state.kind === 'held') this.#state.timer.cancel()
    this.#state = { kind: 'flowing' }
  }
}
