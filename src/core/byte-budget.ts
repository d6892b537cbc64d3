/**
 * One sum for all the bytes that an actor holds in memory: waiting deliveries, conflated messages, requests that are
 * being served, buffers of adapters. A limit per thing does not bound the sum; this does.
 *
 * A holder that finds the budget full holds its source back, or refuses. Taking beyond the limit is possible, because
 * what has arrived must be put somewhere: it is the next message that is held back.
 */
export class ByteBudget {
  readonly limit: number
  #held = 0
  #waiting: (() => void)[] = []

  /** @param limit bytes. */
  constructor(limit: number) {
    this.limit = limit
  }

  /** Bytes held at this moment. */
  get held(): number {
    return this.#held
  }

  get isFull(): boolean {
    return this.#held >= this.limit
  }

  /** Counts bytes that are now held. Each take wants one `give` of the same amount. */
  take(bytes: number): void {
    this.#held += bytes
  }

  /** The bytes are held no more. Wakes those who wait for room once half of the budget is free. */
  give(bytes: number): void {
    this.#held -= bytes
    if (this.#waiting.length === 0 || this.#held > this.limit / 2) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const onRoom of waiting) onRoom()
  }

  /** Calls `onRoom` once, when there is room again. */
  whenRoom(onRoom: () => void): void {
    this.#waiting.push(onRoom)
  }
}
