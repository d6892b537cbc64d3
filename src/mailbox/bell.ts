const ASLEEP = 0
const AWAKE = 1

/**
 * Wakes the reader at the other end of a line. A reader that is awake anyway is not woken again, so under
 * load a batch costs no wake-up at all. A bell is one cell of shared memory; one thread listens, one rings.
 */
export class Bell {
  readonly #cells: Int32Array
  readonly #index: number

  constructor(cells: Int32Array, index: number) {
    this.#cells = cells
    this.#index = index
  }

  /** Called by the writer after it has posted. */
  ring(): void {
    if (Atomics.exchange(this.#cells, this.#index, AWAKE) === ASLEEP) Atomics.notify(this.#cells, this.#index)
  }

  /** Called by the reader before its last look: what is posted after this rings. */
  fallAsleep(): void {
    Atomics.store(this.#cells, this.#index, ASLEEP)
  }

  /** Called by the reader when it found something after all. */
  wakeUp(): void {
    Atomics.store(this.#cells, this.#index, AWAKE)
  }

  /** Calls `woken` once somebody rings; at once (on a later microtask) when somebody has. */
  listen(woken: () => void): void {
    const waiting = Atomics.waitAsync(this.#cells, this.#index, ASLEEP)
    if (waiting.async) waiting.value.then(woken)
    else queueMicrotask(woken)
  }
}
