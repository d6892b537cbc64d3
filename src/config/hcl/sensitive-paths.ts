/** Roots (`env`) and paths (`var.password`) whose values must not be shown. */
export class SensitivePaths {
  readonly #paths = new Set<string>()
  /** Every path above a sensitive one. */
  readonly #above = new Set<string>()

  constructor(paths: Iterable<string> = []) {
    for (const path of paths) this.add(path)
  }

  add(path: string): void {
    this.#paths.add(path)
    for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1))
      this.#above.add(path.slice(0, dot))
  }

  /** Tells whether the value at a path is sensitive or contains something sensitive. */
  cover(path: readonly string[]): boolean {
    if (this.#paths.size === 0) return false
    let at = ''
    for (const [index, part] of path.entries()) {
      at = index === 0 ? part : `${at}.${part}`
      if (this.#paths.has(at)) return true
      // No sensitive path begins like this one.
      if (!this.#above.has(at)) return false
    }
    return this.#above.has(at)
  }
}
