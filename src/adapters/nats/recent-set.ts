/** A bounded set. When full, it removes its oldest member. */
export class RecentSet {
  readonly #members = new Set<string>()
  readonly #capacity: number

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  has(member: string): boolean {
    return this.#members.has(member)
  }

  add(member: string): void {
    this.#members.add(member)
    if (this.#members.size <= this.#capacity) return
    for (const oldest of this.#members) {
      this.#members.delete(oldest)
      return
    }
  }
}
