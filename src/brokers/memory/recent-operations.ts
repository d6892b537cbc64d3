/**
 * Maximum number of remembered operations: more than all actors together have in flight, so that a retry is recognised.
 */
const MOST = 50_000

/** Remembers the message of each recent operation, so that a retry creates no second message. */
export class RecentOperations {
  readonly #ids = new Map<string, string>()

  /** Returns the id of the operation's message. */
  find(operation: string | undefined): string | undefined {
    return operation === undefined ? undefined : this.#ids.get(operation)
  }

  add(operation: string | undefined, id: string): void {
    if (operation === undefined) return
    this.#ids.set(operation, id)
    if (this.#ids.size <= MOST) return
    const [oldest] = this.#ids.keys()
    this.#ids.delete(oldest!)
  }
}
