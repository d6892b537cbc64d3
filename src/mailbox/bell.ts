const ASLEEP = 0
const AWAKE = 1
/** Not asleep yet: it looks at its bell, and need not be woken. */
const LOOKING = 2
/** Looks in a row at most, whatever the clock says: one that stands still must hang nobody. */
const MOST_LOOKS = 20_000

/**
 * Wakes the reader at the other end of a line. A reader that is awake anyway is not woken again, so under
 * load a batch costs no wake-up at all. A bell is one cell of shared memory; one thread listens, one rings.
 */
export class Bell {
  readonly #cells: Int32Array
  readonly #index: number
  #isWaiting = false

  constructor(cells: Int32Array, index: number) {
    this.#cells = cells
    this.#index = index
  }

  /** Called by the writer after it has posted. */
  ring(): void {
    if (Atomics.exchange(this.#cells, this.#index, AWAKE) === ASLEEP) Atomics.notify(this.#cells, this.#index)
  }

  /** Whether the reader has been rung and has not taken all there is yet. */
  get isHeard(): boolean {
    return Atomics.load(this.#cells, this.#index) === AWAKE
  }

  /** Called by the reader before its last look: what is posted after this rings. */
  fallAsleep(): void {
    Atomics.store(this.#cells, this.#index, ASLEEP)
  }

  /** Called by the reader when it found something after all. */
  wakeUp(): void {
    Atomics.store(this.#cells, this.#index, AWAKE)
  }

  /**
   * Called by the reader while it sleeps: looks at the bell for as long as `goesOn` says so.
   * @returns whether somebody has rung; the reader sleeps on otherwise.
   */
  look(goesOn: () => boolean): boolean {
    if (Atomics.compareExchange(this.#cells, this.#index, ASLEEP, LOOKING) !== ASLEEP) return true
    for (let i = 0; i < MOST_LOOKS && Atomics.load(this.#cells, this.#index) === LOOKING && goesOn(); i++);
    return Atomics.compareExchange(this.#cells, this.#index, LOOKING, ASLEEP) !== LOOKING
  }

  /**
   * Calls `woken` once somebody rings; at once (on a later microtask) when somebody has. Whoever listens already
   * is told once.
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

  /** Ends our own wait, which would otherwise be kept for ever. */
  release(): void {
    Atomics.store(this.#cells, this.#index, AWAKE)
    Atomics.notify(this.#cells, this.#index)
  }
}
