import type { ByteBudget } from './byte-budget.js'

/** Waits for room in a budget, once at a time: a holder asks at every message, and continues once. */
export class RoomWait {
  readonly #onRoom: () => void
  #isWaiting = false

  /** @param onRoom called as by `ByteBudget.whenRoom`, also if there is no longer anything to do */
  constructor(onRoom: () => void) {
    this.#onRoom = onRoom
  }

  /** Starts to wait. Has no effect while it waits already. */
  start(budget: Pick<ByteBudget, 'whenRoom'>): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    budget.whenRoom(() => {
      this.#isWaiting = false
      this.#onRoom()
    })
  }
}
