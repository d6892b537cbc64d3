import { type Budget, charge } from '../budget.js'
import { holdsAt, placeBefore } from './assertions.js'
import type { CharacterSet } from './character-set.js'
import { type Instruction, type Instructions, OP } from './instructions.js'
import { CHOICE, FRAME, LONGER, NOWHERE, SHORTER, Trail } from './trail.js'

const STEPS_PER_CHARGE = 1_024

/**
 * Matches with backtracking as Oniguruma does, and counts the steps. A pattern that takes too many therefore ends with
 * a limit, where `RegExp` would block the thread.
 */
export class Matcher {
  readonly #code: readonly Instruction[]
  readonly #ignoresCase: boolean
  readonly #refusesEmpty: boolean
  readonly #trail: Trail
  #steps = 0
  #text = ''
  #budget: Budget | undefined

  /** @param options.refusesEmpty goes on looking where a match would be empty */
  constructor(
    { code, loops }: Instructions,
    groups: number,
    { ignoresCase, refusesEmpty }: { readonly ignoresCase: boolean; readonly refusesEmpty: boolean },
  ) {
    this.#code = code
    this.#ignoresCase = ignoresCase
    this.#refusesEmpty = refusesEmpty
    this.#trail = new Trail(groups, loops)
  }

  /**
   * Looks for a match that begins at a place.
   * @returns the start and the end of the match and of each group, `-1` where a group has no part in it
   * @throws JqLimitError
   */
  matchAt(text: string, place: number, budget: Budget): Int32Array | undefined {
    this.#text = text
    this.#budget = budget
    this.#trail.clear()
    try {
      const end = this.#run(0, place, NOWHERE)
      if (end === NOWHERE) return undefined
      const { marks } = this.#trail
      marks[0] = place
      marks[1] = end
      return marks.slice()
    } finally {
      this.#text = ''
      this.#budget = undefined
    }
  }

  /** @param mustEnd where the match has to end, or `-1`. @returns where it ends, or `-1` */
  #run(first: number, from: number, mustEnd: number): number {
    const code = this.#code
    const text = this.#text
    const trail = this.#trail
    const base = trail.top
    let pc = first
    let at = from
    for (;;) {
      if (++this.#steps >= STEPS_PER_CHARGE) this.#charge()
      const step = code[pc]!
      let goesOn = true
      switch (step.op) {
        case OP.set: {
          const point = at < text.length ? text.codePointAt(at)! : NOWHERE
          if (point !== NOWHERE && step.set!.has(point)) {
            at += point > 0xffff ? 2 : 1
            pc++
          } else goesOn = false
          break
        }
        case OP.run: {
          const low = this.#take(step.set!, at, step.a)
          if (low === NOWHERE) goesOn = false
          else if (step.flag) {
            if (step.b > step.a) trail.push(LONGER, pc, low, Math.min(step.b - step.a, text.length))
            at = low
            pc++
          } else {
            at = this.#takeMost(step.set!, low, step.b - step.a)
            pc++
            if (at > low) trail.push(SHORTER, pc, low, at)
          }
          break
        }
        case OP.split:
          trail.push(CHOICE, step.b, at, 0)
          pc = step.a
          break
        case OP.jump:
          pc = step.to
          break
        case OP.mark:
          trail.mark(step.a, at)
          pc++
          break
        case OP.back: {
          const end = this.#takeGroup(step.a, at)
          if (end === NOWHERE) goesOn = false
          else {
            at = end
            pc++
          }
          break
        }
        case OP.enter:
          trail.count(step.a, 0, NOWHERE)
          pc++
          break
        case OP.round: {
          const rounds = trail.rounds[step.a]!
          if (rounds >= step.c || (step.flag && rounds >= step.b)) {
            if (rounds < step.c) trail.push(CHOICE, pc + 1, at, 0)
            pc = step.to
          } else {
            if (rounds >= step.b) trail.push(CHOICE, step.to, at, 0)
            pc++
          }
          if (pc !== step.to) trail.count(step.a, rounds + 1, at)
          break
        }
        case OP.next:
          // An empty round would repeat indefinitely.
          pc = step.flag && trail.begun[step.a] === at ? step.to : step.b
          break
        case OP.ahead: {
          const end = this.#look(pc + 1, at, NOWHERE, step.flag)
          if ((end === NOWHERE) === step.flag) pc = step.to
          else goesOn = false
          break
        }
        case OP.behind:
          if (this.#isBehind(step, pc + 1, at) !== step.flag) pc = step.to
          else goesOn = false
          break
        case OP.accept:
          if (first === 0 ? at > from || !this.#refusesEmpty : mustEnd === NOWHERE || at === mustEnd)
            return at
          goesOn = false
          break
        default:
          if (holdsAt(step.op, text, at)) pc++
          else goesOn = false
      }
      if (goesOn) continue
      // Goes back to the last choice.
      for (;;) {
        if (trail.top === base) return NOWHERE
        this.#steps++
        if (trail.restore()) continue
        const { frames } = trail
        const frame = trail.top - FRAME
        const [kind, one, two, three] = [
          frames[frame]!,
          frames[frame + 1]!,
          frames[frame + 2]!,
          frames[frame + 3]!,
        ]
        if (kind === CHOICE) {
          trail.top = frame
          pc = one
          at = two
          break
        }
        if (kind === SHORTER) {
          at = placeBefore(text, three)
          frames[frame + 3] = at
          if (at === two) trail.top = frame
          pc = one
          break
        }
        const longer = this.#take(code[one]!.set!, two, 1)
        if (longer === NOWHERE) trail.top = frame
        else {
          frames[frame + 2] = longer
          frames[frame + 3] = three - 1
          if (three === 1) trail.top = frame
          at = longer
          pc = one + 1
          break
        }
      }
    }
  }

  /** Takes exactly `count` characters. */
  #take(set: CharacterSet, from: number, count: number): number {
    const text = this.#text
    let at = from
    for (let left = count; left > 0; left--) {
      if (at >= text.length) return NOWHERE
      const point = text.codePointAt(at)!
      if (!set.has(point)) return NOWHERE
      at += point > 0xffff ? 2 : 1
    }
    this.#steps += count >> 2
    return at
  }

  /** Takes as many characters as there are, at most `most`. */
  #takeMost(set: CharacterSet, from: number, most: number): number {
    const text = this.#text
    let at = from
    for (let left = most; left > 0 && at < text.length; left--) {
      const point = text.codePointAt(at)!
      if (!set.has(point)) break
      at += point > 0xffff ? 2 : 1
    }
    this.#steps += (at - from) >> 2
    return at
  }

  #takeGroup(group: number, at: number): number {
    const { marks } = this.#trail
    const [from, to] = [marks[2 * group]!, marks[2 * group + 1]!]
    if (from === NOWHERE || to < from) return NOWHERE
    this.#steps += (to - from) >> 2
    const part = this.#text.slice(from, to)
    const there = this.#text.slice(at, at + part.length)
    const isSame = there === part || (this.#ignoresCase && there.toLowerCase() === part.toLowerCase())
    return isSame ? at + part.length : NOWHERE
  }

  /** Matches the body of a look-around. Its captures stay, and no other way to match it is tried. */
  #look(pc: number, at: number, mustEnd: number, isNegative: boolean): number {
    const base = this.#trail.top
    const end = this.#run(pc, at, mustEnd)
    if (end === NOWHERE) return NOWHERE
    if (isNegative) this.#trail.undo(base)
    else this.#trail.forgetChoices(base)
    return end
  }

  #isBehind({ a: min, b: max, flag }: Instruction, pc: number, at: number): boolean {
    let from = at
    for (let length = 0; length <= max; length++) {
      if (length >= min && this.#look(pc, from, at, flag) !== NOWHERE) return true
      if (from === 0) return false
      from = placeBefore(this.#text, from)
      this.#steps++
    }
    return false
  }

  #charge(): void {
    const steps = this.#steps
    this.#steps = 0
    charge(this.#budget!, steps)
  }
}
