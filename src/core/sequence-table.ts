const SMALLEST = 16

/**
 * Entries in flight, by numbers that are assigned in order and may start again. Nearly every entry is in a ring buffer
 * at the place that follows from its number; an entry whose place is needed by a later one moves to a map.
 *
 * A Map alone rebuilds its table again and again while entries come and go. A discarded table in the old generation
 * keeps its last entries alive until they are old too (measured with a hundred calls in flight: three times the work
 * for the collector of the young generation).
 */
export class SequenceTable<T> {
  #ring: (T | undefined)[] = new Array(SMALLEST).fill(undefined)
  /** The number of the entry at each place, or of its last entry if it is empty. */
  #numbers: number[] = new Array(SMALLEST).fill(-1)
  readonly #displaced = new Map<number, T>()
  #size = 0
  /** No entry of the ring has a lower number. */
  #lowest = 0
  /** All entries of the ring have a lower number. */
  #end = 0

  get size(): number {
    return this.#size
  }

  has(number: number): boolean {
    return this.get(number) !== undefined
  }

  get(number: number): T | undefined {
    const place = this.#place(number)
    const entry = this.#numbers[place] === number ? this.#ring[place] : undefined
    return entry ?? this.#displaced.get(number)
  }

  /** Adds an entry, or replaces the entry of that number. */
  set(number: number, entry: T): void {
    const place = this.#place(number)
    if (this.#displaced.has(number)) this.#displaced.set(number, entry)
    else if (this.#ring[place] === undefined) this.#put(number, entry)
    else if (this.#numbers[place] === number) this.#ring[place] = entry
    else {
      // Grow if many entries are in flight; otherwise one entry stays long and is displaced.
      if (this.#size * 2 >= this.#ring.length) this.#grow()
      this.#put(number, entry)
    }
  }

  /** Removes an entry. @returns the entry; `undefined` if there is none of that number */
  take(number: number): T | undefined {
    const place = this.#place(number)
    let entry = this.#numbers[place] === number ? this.#ring[place] : undefined
    if (entry !== undefined) this.#ring[place] = undefined
    else {
      entry = this.#displaced.get(number)
      if (entry === undefined) return undefined
      this.#displaced.delete(number)
    }
    this.#size--
    return entry
  }

  clear(): void {
    this.#begin(SMALLEST)
    this.#lowest = 0
    this.#end = 0
  }

  /** Finds the wanted entry of the lowest number. Fast if entries leave roughly in order. */
  first(wanted: (entry: T) => boolean): T | undefined {
    if (this.#end - this.#lowest > this.#ring.length) this.#lowest = this.#lowestInRing()
    // Still longer than the ring only if numbers were skipped.
    if (this.#end - this.#lowest > this.#ring.length) return this.values().find(wanted)
    // Displaced entries are older than all entries of the ring.
    for (const [, entry] of [...this.#displaced].sort(([a], [b]) => a - b)) if (wanted(entry)) return entry
    while (this.#lowest < this.#end && this.#at(this.#lowest) === undefined) this.#lowest++
    for (let number = this.#lowest; number < this.#end; number++) {
      const entry = this.#at(number)
      if (entry !== undefined && wanted(entry)) return entry
    }
    return undefined
  }

  /** Returns a copy of all entries with their numbers, lowest first. */
  entries(): [number, T][] {
    const all: [number, T][] = [...this.#displaced]
    for (const [place, entry] of this.#ring.entries())
      if (entry !== undefined) all.push([this.#numbers[place]!, entry])
    return all.sort(([a], [b]) => a - b)
  }

  /** Returns a copy of all entries, lowest number first. */
  values(): T[] {
    return this.entries().map(([, entry]) => entry)
  }

  #lowestInRing(): number {
    let lowest = this.#end
    for (let place = 0; place < this.#ring.length; place++)
      if (this.#ring[place] !== undefined) lowest = Math.min(lowest, this.#numbers[place]!)
    return lowest
  }

  #at(number: number): T | undefined {
    const place = this.#place(number)
    return this.#numbers[place] === number ? this.#ring[place] : undefined
  }

  #place(number: number): number {
    return number & (this.#ring.length - 1)
  }

  #grow(): void {
    const entries = this.entries()
    this.#begin(this.#ring.length * 2)
    for (const [number, entry] of entries) this.#put(number, entry)
  }

  /** Removes all entries and sets the number of places. */
  #begin(places: number): void {
    this.#ring = new Array(places).fill(undefined)
    this.#numbers = new Array(places).fill(-1)
    this.#displaced.clear()
    this.#size = 0
  }

  #put(number: number, entry: T): void {
    const place = this.#place(number)
    const occupant = this.#ring[place]
    if (occupant !== undefined) this.#displaced.set(this.#numbers[place]!, occupant)
    this.#ring[place] = entry
    this.#numbers[place] = number
    this.#size++
    if (number >= this.#end) this.#end = number + 1
    if (number < this.#lowest) this.#lowest = number
  }
}
