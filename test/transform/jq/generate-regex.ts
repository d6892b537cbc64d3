import type { SeededRandom } from '../../../src/testing/seeded-random.js'

const CHARACTERS = ['a', 'b', 'a', 'b', 'c', '\n', ' ', '1', 'A', '_']
const SETS = ['.', '[ab]', '[^a]', '\\w', '\\d', '\\s', '\\W', '[a-c1]', '[[:alpha:]]']
const ANCHORS = ['^', '$', '\\b', '\\B', '\\A', '\\z', '\\Z']
const RANGES = ['*', '+', '?', '*?', '+?', '??', '{2}', '{1,2}', '{0,2}', '{2,}', '{1,3}?']

/** Makes regular expressions and texts in which they match often, and in many ways. */
export class RegexGenerator {
  readonly #random: SeededRandom
  #groups = 0

  constructor(random: SeededRandom) {
    this.#random = random
  }

  text(): string {
    return Array.from({ length: this.#below(8) }, () => this.#pick(CHARACTERS)).join('')
  }

  regex(): string {
    this.#groups = 0
    return this.#choice(3)
  }

  #choice(depth: number): string {
    const options = this.#below(4) === 0 ? 1 + this.#below(3) : 1
    return Array.from({ length: options }, () => this.#sequence(depth)).join('|')
  }

  #sequence(depth: number): string {
    return Array.from({ length: 1 + this.#below(3) }, () => this.#item(depth)).join('')
  }

  #item(depth: number): string {
    const kind = this.#below(12)
    if (kind === 0) return this.#pick(ANCHORS)
    if (kind === 1 && this.#groups > 0) return `\\${1 + this.#below(this.#groups)}`
    if (kind === 2 && depth > 0) return `(?${this.#pick(['=', '!'])}${this.#choice(depth - 1)})`
    if (kind === 3 && depth > 0) return `(?<${this.#pick(['=', '!'])}${this.#pick(['a', 'ab', '[ab]'])})`
    const atom = this.#atom(depth)
    return this.#below(5) < 3 ? atom : atom + this.#pick(RANGES)
  }

  #atom(depth: number): string {
    const kind = this.#below(6)
    if (depth > 0 && kind === 0) return `(?:${this.#choice(depth - 1)})`
    if (depth > 0 && kind < 3) {
      const body = this.#choice(depth - 1)
      this.#groups++
      return `(${body})`
    }
    return kind === 3 ? this.#pick(SETS) : this.#pick(CHARACTERS)
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)] as T
  }

  #below(count: number): number {
    return Math.floor(this.#random.number() * count)
  }
}
