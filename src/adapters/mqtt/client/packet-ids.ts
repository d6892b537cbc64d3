const COUNT = 65_535

/**
 * The packet identifiers of one client, shared by its publishes and its subscribes. It outlives the
 * connections: an identifier comes again only after all others, so that a publish is not taken for one
 * that the broker remembers from the connection before ([MQTT-4.3.3-10]).
 */
export class PacketIds {
  readonly #used = new Set<number>()
  #last = 0

  /** @returns `null` when all are in use. */
  allocate(): number | null {
    if (this.#used.size >= COUNT) return null
    do this.#last = (this.#last % COUNT) + 1
    while (this.#used.has(this.#last))
    this.#used.add(this.#last)
    return this.#last
  }

  /** Takes one that is in use already. @returns whether it was free */
  register(id: number): boolean {
    if (this.#used.has(id)) return false
    this.#used.add(id)
    return true
  }

  deallocate(id: number): void {
    this.#used.delete(id)
  }

  /** Frees all; they are not given again before their turn. */
  clear(): void {
    this.#used.clear()
  }
}
