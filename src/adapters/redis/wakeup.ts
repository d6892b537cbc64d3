/** Lets one loop wait until another part of the program wakes it. */
export class Wakeup {
  #wake: () => void = ignore

  /**
   * Waits for `wake`. A wake without a waiting loop has no effect.
   * @param arm receives the wake function, for a timer or another event that also ends the wait
   */
  wait(arm: (wake: () => void) => void = ignore): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      arm(resolve)
    })
  }

  wake(): void {
    this.#wake()
  }
}

function ignore(): void {}
