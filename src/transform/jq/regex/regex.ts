import { type Budget, charge } from '../budget.js'
import { NotCompiled } from '../errors.js'
import {
  canBeEmpty,
  firstSets,
  isAtStart,
  isEmptyRoundCounted,
  meansTheSameInJavaScript,
} from './analysis.js'
import { mostWork } from './cost.js'
import { instructionsOf } from './instructions.js'
import { Matcher } from './matcher.js'
import { parseRegex } from './parse.js'
import { javaScriptOf } from './source.js'
import { type ParsedRegex, someNode } from './syntax.js'

/** The start and the end of a match and of each of its groups, `-1` where a group has no part in it. */
export type Places = ArrayLike<number>

/** Maximum work of one search by `RegExp`, which cannot be interrupted. */
const MOST_WORK = 2 ** 14
const WORK_SHIFT = 6
/** Maximum work for one character in a pattern without repetitions. Such a pattern takes linear time for every text. */
const MOST_LINEAR_WORK = 256
const LINEAR_LENGTH = 2 ** 16
const NEVER = Number.POSITIVE_INFINITY

export interface RegexOptions {
  readonly ignoresCase: boolean
  readonly isExtended: boolean
  readonly dotsMatchLineBreaks: boolean
  /** Looks for matches that are not empty. */
  readonly refusesEmpty: boolean
}

/**
 * A regular expression of Oniguruma whose searches are bounded by a budget. `RegExp` runs searches that are certainly
 * short; a matcher that counts its steps runs the others.
 */
export class Regex {
  readonly names: readonly (string | null)[]
  readonly #parsed: ParsedRegex
  readonly #options: RegexOptions
  readonly #isAtStart: boolean
  readonly #native: RegExp | undefined
  /** The charge for a search by `RegExp`, by the number of bits of the length of the text. */
  readonly #charges: readonly number[]
  #matcher: Matcher | undefined
  /** Finds where a match can begin. `false`: anywhere. */
  #first: RegExp | false | undefined

  /** @throws SyntaxError, NotCompiled */
  constructor(source: string, options: RegexOptions) {
    this.#parsed = parseRegex(source, options)
    this.#options = options
    const { root, names } = this.#parsed
    if (someNode(root, isEmptyRoundCounted))
      throw new NotCompiled('a counted repetition of what can match nothing, such as "(a?){2}",')
    this.names = names
    this.#isAtStart = isAtStart(root)
    const flags = options.ignoresCase ? 'dgiu' : 'dgu'
    const isNative = meansTheSameInJavaScript(root) && !(options.refusesEmpty && canBeEmpty(root))
    this.#charges = isNative ? chargesOf(this.#parsed, this.#isAtStart) : []
    this.#native = this.#charges.length === 0 ? undefined : new RegExp(javaScriptOf(root), flags)
  }

  /** Whether there is a match. @throws JqLimitError */
  test(text: string, budget: Budget): boolean {
    const charged = this.#chargeOf(text)
    if (charged === undefined) return this.#search(text, 0, budget) !== undefined
    charge(budget, Math.max(charged, text.length >> 2))
    this.#native!.lastIndex = 0
    return this.#native!.test(text)
  }

  /** Looks for the first match that begins at a place or after it. @throws JqLimitError */
  find(text: string, from: number, budget: Budget): Places | undefined {
    if (from > text.length || (this.#isAtStart && from > 0)) return undefined
    const charged = this.#chargeOf(text)
    if (charged === undefined) return this.#search(text, from, budget)
    this.#native!.lastIndex = from
    const match = this.#native!.exec(text)
    // A search looks at no text after its match, and the next one begins there.
    const share = ((match?.index ?? text.length) + 1 - from) / (text.length + 1)
    charge(budget, Math.ceil(charged * (this.#isAtStart ? 1 : share)))
    return match?.indices?.flatMap((range) => range ?? [-1, -1])
  }

  /** The charge for a search by `RegExp`, or `undefined` if it might take long. */
  #chargeOf(text: string): number | undefined {
    return this.#charges[32 - Math.clz32(text.length)]
  }

  #search(text: string, from: number, budget: Budget): Places | undefined {
    const { root, names } = this.#parsed
    this.#matcher ??= new Matcher(
      instructionsOf(root, this.#options.ignoresCase),
      names.length,
      this.#options,
    )
    if (this.#isAtStart) return from === 0 ? this.#matcher.matchAt(text, 0, budget) : undefined
    for (let place = this.#start(text, from, budget); place <= text.length; ) {
      const match = this.#matcher.matchAt(text, place, budget)
      if (match !== undefined) return match
      place = this.#start(text, place + ((text.codePointAt(place) ?? 0) > 0xffff ? 2 : 1), budget)
    }
    return undefined
  }

  /** Skips to where a match can begin. */
  #start(text: string, from: number, budget: Budget): number {
    this.#first ??= firstOf(this.#parsed, this.#options)
    if (this.#first === false || from > text.length) return from
    this.#first.lastIndex = from
    const place = this.#first.test(text) ? this.#first.lastIndex : NEVER
    if (place === NEVER) charge(budget, (text.length - from) >> 4)
    else charge(budget, (place - from) >> 4)
    return place === NEVER ? NEVER : before(text, place)
  }
}

function before(text: string, place: number): number {
  const isPair = place > 1 && (text.codePointAt(place - 2) ?? 0) > 0xffff
  return place - (isPair ? 2 : 1)
}

function firstOf({ root }: ParsedRegex, { ignoresCase }: RegexOptions): RegExp | false {
  const sets = firstSets(root)
  if (sets === undefined || sets.length === 0) return false
  return new RegExp([...new Set(sets)].join('|'), ignoresCase ? 'giu' : 'gu')
}

function chargesOf({ root }: ParsedRegex, atStart: boolean): readonly number[] {
  const charges: number[] = []
  const isLinear = mostWork(root, LINEAR_LENGTH, atStart) <= MOST_LINEAR_WORK * (LINEAR_LENGTH + 1)
  for (let bits = 0; bits < 31; bits++) {
    const work = mostWork(root, 2 ** bits, atStart)
    if (!isLinear && work > MOST_WORK) break
    charges.push(Math.ceil(work / 2 ** WORK_SHIFT))
  }
  return charges
}
