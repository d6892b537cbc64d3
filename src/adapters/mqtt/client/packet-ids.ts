const COUNT = 65_535

/**
 * The packet identifiers of one client, shared by publishes and subscribes. An identifier is reused only after all
 * others, also across connections, so that the broker does not take a new publish for a duplicate ([MQTT-4.3.3-10]).
 */
export class PacketIds {
  readonly #used = new Set<number>()
  #last = 0

  /** @returns `null` if all are in use */
  allocate(): number | null {
    if (this.#used.size >= COUNT) return null
    do this.#last = (this.#last % COUNT) + 1
    while (this.#used.has(this.#last))
    this.#used.add(this.#last)
    return this.#last
  }

  /** Marks an identifier as used. @returns whether it was free */
  register(id: number): boolean {
    if (this.#used.has(id)) return false
    this.#used.add(id)
    return true
  }

  deallocate(id: number): void {
    this.#used.delete(id)
  }

  /** Frees all identifiers without restarting the sequence. */
  clear(): void {
    this.#used.clear()
  }
}
