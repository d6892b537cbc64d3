import type { RequestEntry } from './request-entry.js'

const SLOTS = 1 << 13

/**
 * What has been handed to the actor and not been settled. Numbers are given in order, so that a ring finds
 * nearly every entry; one that is still open when its slot comes round again moves to a map.
 */
export class Ledger {
  readonly #ring: (RequestEntry | undefined)[] = new Array(SLOTS).fill(undefined)
  readonly #old = new Map<number, RequestEntry>()
  #nextSeq = 0
  /** No entry of the ring has a lower number. */
  #lowest = 0
  #size = 0
  /** Of them, those that take no room. */
  #system = 0
  #bytes = 0

  get size(): number {
    return this.#size
  }

  /** Entries that take room in the mailbox. */
  get users(): number {
    return this.#size - this.#system
  }

  /** Payload bytes of all that is in it. */
  get bytes(): number {
    return this.#bytes
  }

  /** The number that the next entry will have. */
  get nextSeq(): number {
    return this.#nextSeq
  }

  /** Enters it under the next number. */
  enter(entry: RequestEntry): void {
    const slot = this.#nextSeq & (SLOTS - 1)
    const occupant = this.#ring[slot]
    if (occupant !== undefined) this.#old.set(occupant.seq, occupant)
    entry.seq = this.#nextSeq++
    entry.state = 'posted'
    this.#ring[slot] = entry
    this.#size++
    if (entry.isSystem) this.#system++
    this.#bytes += entry.bytes
  }

  /** Takes the entry of that number out; `undefined` when it has been taken before. */
  take(seq: number): RequestEntry | undefined {
    const slot = seq & (SLOTS - 1)
    let entry = this.#ring[slot]
    if (entry !== undefined && entry.seq === seq) this.#ring[slot] = undefined
    else {
      entry = this.#old.get(seq)
      if (entry === undefined) return undefined
      this.#old.delete(seq)
    }
    this.#size--
    if (entry.isSystem) this.#system--
    this.#bytes -= entry.bytes
    return entry
  }

  /** The first entry that `wanted` holds for, in the order of their numbers. */
  first(wanted: (entry: RequestEntry) => boolean): RequestEntry | undefined {
    for (const entry of this.#old.values()) if (wanted(entry)) return entry
    this.#lowest = Math.max(this.#lowest, this.#nextSeq - SLOTS)
    while (this.#lowest < this.#nextSeq && this.#at(this.#lowest) === undefined) this.#lowest++
    for (let seq = this.#lowest; seq < this.#nextSeq; seq++) {
      const entry = this.#at(seq)
      if (entry !== undefined && wanted(entry)) return entry
    }
    return undefined
  }

  #at(seq: number): RequestEntry | undefined {
    const entry = this.#ring[seq & (SLOTS - 1)]
    return entry?.seq === seq ? entry : undefined
  }

  /** All entries in the order of their numbers. */
  entries(): RequestEntry[] {
    const all = [...this.#old.values(), ...this.#ring.filter((entry) => entry !== undefined)]
    return all.sort((a, b) => a.seq - b.seq)
  }

  /** Empties it; numbers begin anew with the next life of the actor. */
  clear(): void {
    this.#ring.fill(undefined)
    this.#old.clear()
    this.#nextSeq = 0
    this.#lowest = 0
    this.#size = 0
    this.#system = 0
    this.#bytes = 0
  }
}
