/**
 * Counts all bytes that an actor holds in memory: waiting deliveries, conflated messages, requests being served,
 * buffers of adapters. Limits on each of these would not bound their sum.
 *
 * If the budget is full, the holder pauses its source or refuses the message. `take` may exceed the limit, because a
 * message that has been received must be stored.
 */
export class ByteBudget {
  /** The limit in bytes. */
  readonly limit: number
  #held = 0
  #waiting: (() => void)[] = []

  /** Makes an empty budget. @param limit bytes */
  constructor(limit: number) {
    this.limit = limit
  }

  /** The bytes that are held now. */
  get held(): number {
    return this.#held
  }

  /** Whether the limit is reached. */
  get isFull(): boolean {
    return this.#held >= this.limit
  }

  /**
   * Counts bytes that are now held. The caller must `give` the same amount back once. Never throws.
   * @param bytes how many
   */
  take(bytes: number): void {
    this.#held += bytes
  }

  /**
   * Releases bytes. Calls the waiting callbacks once half of the budget is free. Never throws.
   * @param bytes how many, as they were taken
   */
  give(bytes: number): void {
    this.#held -= bytes
    if (this.#waiting.length === 0 || this.#held > this.limit / 2) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const onRoom of waiting) onRoom()
  }

  /**
   * Calls `onRoom` once, when half of the budget is free. Never throws.
   * @param onRoom called by `give`, on its stack
   */
  whenRoom(onRoom: () => void): void {
    this.#waiting.push(onRoom)
  }
}
