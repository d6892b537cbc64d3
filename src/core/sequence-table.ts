const SMALLEST = 16

/**
 * What is in flight, by numbers that are given in order and may begin again. Nearly every entry is in a ring, at the
 * place that its number says; one that is still there when its place is wanted moves to a map.
 *
 * A Map alone would do the same at a price: while entries come and go it builds its table again and again, and
 * a table left behind that has grown old keeps alive what was in it when it was left, which grows old in its turn
 * (measured with a hundred calls in flight: three times the work for the collector of young garbage).
 */
export class SequenceTable<T> {
  #ring: (T | undefined)[] = new Array(SMALLEST).fill(undefined)
  /** The number of the entry at each place; of the last one, where there is none. */
  #numbers: number[] = new Array(SMALLEST).fill(-1)
  readonly #displaced = new Map<number, T>()
  #size = 0
  /** No entry of the ring has a lower number, or one as high as this. */
  #lowest = 0
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

  /** Enters it under its number, in place of what has that number already. */
  set(number: number, entry: T): void {
    const place = this.#place(number)
    if (this.#displaced.has(number)) this.#displaced.set(number, entry)
    else if (this.#ring[place] === undefined) this.#put(number, entry)
    else if (this.#numbers[place] === number) this.#ring[place] = entry
    else {
      // Where half of the places are taken it is not that one stays long, but that there are many.
      if (this.#size * 2 >= this.#ring.length) this.#grow()
      this.#put(number, entry)
    }
  }

  /** Takes an entry out. @returns what it was; `undefined` when there is none of that number */
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

  /** The entry of the lowest number among those wanted. Quick where entries leave roughly in their order. */
  first(wanted: (entry: T) => boolean): T | undefined {
    if (this.#end - this.#lowest > this.#ring.length) this.#lowest = this.#lowestInRing()
    // Only where numbers were left out.
    if (this.#end - this.#lowest > this.#ring.length) return this.values().find(wanted)
    // What was displaced is older than all that is in the ring.
    for (const [, entry] of [...this.#displaced].sort(([a], [b]) => a - b)) if (wanted(entry)) return entry
    while (this.#lowest < this.#end && this.#at(this.#lowest) === undefined) this.#lowest++
    for (let number = this.#lowest; number < this.#end; number++) {
      const entry = this.#at(number)
      if (entry !== undefined && wanted(entry)) return entry
    }
    return undefined
  }

  /** All entries with their numbers, lowest first, as they are now. */
  entries(): [number, T][] {
    const all: [number, T][] = [...this.#displaced]
    for (const [place, entry] of this.#ring.entries())
      if (entry !== undefined) all.push([this.#numbers[place]!, entry])
    return all.sort(([a], [b]) => a - b)
  }

  /** All entries, lowest number first, as they are now. */
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

  /** Empties it, with so many places. */
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
