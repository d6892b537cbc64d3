/**
 * Counts all bytes that an actor holds in memory: waiting deliveries, conflated messages, requests being served,
 * buffers of adapters. Limits on each of these would not bound their sum.
 *
 * If the budget is full, the holder pauses its source or refuses the message. `take` may exceed the limit, because a
 * message that has been received must be stored.
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

  /** Counts bytes that are now held. The caller must `give` the same amount back once. */
  take(bytes: number): void {
    this.#held += bytes
  }

  /** Releases bytes. Calls the waiting callbacks once half of the budget is free. */
  give(bytes: number): void {
    this.#held -= bytes
    if (this.#waiting.length === 0 || this.#held > this.limit / 2) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const onRoom of waiting) onRoom()
  }

  /** Calls `onRoom` once, when half of the budget is free. */
  whenRoom(onRoom: () => void): void {
    this.#waiting.push(onRoom)
  }
}
