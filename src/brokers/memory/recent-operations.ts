/** More than all actors together may have in flight, so that what is repeated is still known. */
const MOST = 50_000

/** The messages that recent operations have made, so that one that is repeated makes no second message. */
export class RecentOperations {
  readonly #ids = new Map<string, string>()

  /** The id of the message that the operation has made. */
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
