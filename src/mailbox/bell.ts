const ASLEEP = 0
const AWAKE = 1
/** The reader is spinning: it sees a ring without being woken. */
const SPINNING = 2
/** The most iterations of a spin, so that a clock that does not advance cannot hang the thread. */
const MOST_SPINS = 20_000

/**
 * Wakes the reader at the other end of a channel, through one cell of shared memory. One thread listens and one rings.
 * A reader that is awake is not woken again, so under load a batch costs no wake-up.
 */
export class Bell {
  readonly #cells: Int32Array
  readonly #index: number
  #isWaiting = false

  constructor(cells: Int32Array, index: number) {
    this.#cells = cells
    this.#index = index
  }

  /** Wakes the reader. Called by the writer after it has posted. */
  ring(): void {
    if (Atomics.exchange(this.#cells, this.#index, AWAKE) === ASLEEP) Atomics.notify(this.#cells, this.#index)
  }

  /** Whether the reader is awake and may not have taken all batches yet. */
  get isAwake(): boolean {
    return Atomics.load(this.#cells, this.#index) === AWAKE
  }

  /** Called by the reader before it checks the port for the last time. Later posts wake it. */
  fallAsleep(): void {
    Atomics.store(this.#cells, this.#index, ASLEEP)
  }

  /** Called by the reader if that check found a batch. */
  wakeUp(): void {
    Atomics.store(this.#cells, this.#index, AWAKE)
  }

  /**
   * Spins until the writer rings or `shouldSpin` returns false. Called by the reader while it sleeps.
   * @returns whether the writer has rung; if not, the reader sleeps again
   */
  spin(shouldSpin: () => boolean): boolean {
    if (Atomics.compareExchange(this.#cells, this.#index, ASLEEP, SPINNING) !== ASLEEP) return true
    for (
      let i = 0;
      i < MOST_SPINS && Atomics.load(this.#cells, this.#index) === SPINNING && shouldSpin();
      i++
    );
    return Atomics.compareExchange(this.#cells, this.#index, SPINNING, ASLEEP) !== SPINNING
  }

  /**
   * Calls `woken` once when the writer rings, or on the next microtask if it has already. Registering twice has no
   * effect.
   */
  listen(woken: () => void): void {
    if (this.#isWaiting) return
    const waiting = Atomics.waitAsync(this.#cells, this.#index, ASLEEP)
    if (!waiting.async) return queueMicrotask(woken)
    this.#isWaiting = true
    waiting.value.then(() => {
      this.#isWaiting = false
      woken()
    })
  }

  /** Ends the reader's own wait, which would otherwise never be freed. */
  release(): void {
    Atomics.store(this.#cells, this.#index, AWAKE)
    Atomics.notify(this.#cells, this.#index)
  }
}
