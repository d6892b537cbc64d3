import { type Budget, charge } from '../budget.js'
import { JqLimitError } from '../errors.js'
import { CharacterSet } from './character-set.js'
import { type Instruction, type Instructions, OP } from './instructions.js'
import { WORD } from './sets.js'

const STEPS_PER_CHARGE = 1_024
/** Numbers of a frame: what it is, and three that depend on it. */
const FRAME = 4
const FIRST_FRAMES = 256
const MOST_FRAMES = 2_000_000

/** Goes on at the instruction `1` and the place `2`. */
const CHOICE = 0
/** Gives back the last character of a run: goes on at `1`, place from `3` down to `2`. */
const SHORTER = 1
/** Takes one more character: the instruction is `1`, the place `2`, and `3` may follow. */
const LONGER = 2
/** Restores the mark `1` to `2`. */
const MARK = 3
/** Restores the loop `1` to `2` rounds, begun at `3`. */
const LOOP = 4

const NOWHERE = -1
const WORDS = new CharacterSet(`[${WORD}]`, false)

/**
 * Matches with backtracking as Oniguruma does, and counts the steps. A pattern that takes too many therefore ends with
 * a limit, where `RegExp` would block the thread.
 */
export class Matcher {
  readonly #code: readonly Instruction[]
  readonly #ignoresCase: boolean
  readonly #refusesEmpty: boolean
  readonly #marks: Int32Array
  readonly #rounds: Int32Array
  readonly #begun: Int32Array
  #frames = new Int32Array(FIRST_FRAMES * FRAME)
  #top = 0
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
    this.#marks = new Int32Array(2 * (groups + 1))
    this.#rounds = new Int32Array(loops)
    this.#begun = new Int32Array(loops)
  }

  /**
   * Looks for a match that begins at a place.
   * @returns the start and the end of the match and of each group, `-1` where a group has no part in it
   * @throws JqLimitError
   */
  matchAt(text: string, place: number, budget: Budget): Int32Array | undefined {
    this.#text = text
    this.#budget = budget
    this.#top = 0
    this.#marks.fill(NOWHERE)
    try {
      const end = this.#run(0, place, NOWHERE)
      if (end === NOWHERE) return undefined
      this.#marks[0] = place
      this.#marks[1] = end
      return this.#marks.slice()
    } finally {
      this.#text = ''
      this.#budget = undefined
      if (this.#frames.length > FIRST_FRAMES * FRAME * FRAME)
        this.#frames = new Int32Array(FIRST_FRAMES * FRAME)
    }
  }

  /** @param mustEnd where the match has to end, or `-1`. @returns where it ends, or `-1` */
  #run(first: number, from: number, mustEnd: number): number {
    const code = this.#code
    const text = this.#text
    const marks = this.#marks
    const base = this.#top
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
            if (step.b > step.a) this.#push(LONGER, pc, low, Math.min(step.b - step.a, text.length))
            at = low
            pc++
          } else {
            at = this.#takeMost(step.set!, low, step.b - step.a)
            pc++
            if (at > low) this.#push(SHORTER, pc, low, at)
          }
          break
        }
        case OP.split:
          this.#push(CHOICE, step.b, at, 0)
          pc = step.a
          break
        case OP.jump:
          pc = step.to
          break
        case OP.mark:
          this.#push(MARK, step.a, marks[step.a]!, 0)
          marks[step.a] = at
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
          this.#count(step.a, 0, NOWHERE)
          pc++
          break
        case OP.round: {
          const rounds = this.#rounds[step.a]!
          if (rounds >= step.c || (step.flag && rounds >= step.b)) {
            if (rounds < step.c) this.#push(CHOICE, pc + 1, at, 0)
            pc = step.to
          } else {
            if (rounds >= step.b) this.#push(CHOICE, step.to, at, 0)
            pc++
          }
          if (pc !== step.to) this.#count(step.a, rounds + 1, at)
          break
        }
        case OP.next:
          // A round without a character would go on without end.
          pc = step.flag && this.#begun[step.a] === at ? step.to : step.b
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
          if (this.#holds(step.op, at)) pc++
          else goesOn = false
      }
      if (goesOn) continue
      // Goes back to the last choice.
      for (;;) {
        if (this.#top === base) return NOWHERE
        const frames = this.#frames
        const frame = this.#top - FRAME
        const [kind, one, two, three] = [
          frames[frame]!,
          frames[frame + 1]!,
          frames[frame + 2]!,
          frames[frame + 3]!,
        ]
        if (kind === MARK) marks[one] = two
        else if (kind === LOOP) {
          this.#rounds[one] = two
          this.#begun[one] = three
        } else if (kind === CHOICE) {
          this.#top = frame
          pc = one
          at = two
          break
        } else if (kind === SHORTER) {
          at = this.#before(three)
          frames[frame + 3] = at
          if (at === two) this.#top = frame
          pc = one
          break
        } else {
          const longer = this.#take(code[one]!.set!, two, 1)
          if (longer !== NOWHERE) {
            frames[frame + 2] = longer
            frames[frame + 3] = three - 1
            if (three === 1) this.#top = frame
            at = longer
            pc = one + 1
            break
          }
        }
        this.#top = frame
        this.#steps++
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
    const from = this.#marks[2 * group]!
    const to = this.#marks[2 * group + 1]!
    if (from === NOWHERE || to < from) return NOWHERE
    this.#steps += (to - from) >> 2
    const part = this.#text.slice(from, to)
    const there = this.#text.slice(at, at + part.length)
    const isSame = there === part || (this.#ignoresCase && there.toLowerCase() === part.toLowerCase())
    return isSame ? at + part.length : NOWHERE
  }

  #before(place: number): number {
    const isPair =
      place > 1 &&
      (this.#text.charCodeAt(place - 1) & 0xfc00) === 0xdc00 &&
      (this.#text.charCodeAt(place - 2) & 0xfc00) === 0xd800
    return place - (isPair ? 2 : 1)
  }

  #holds(op: number, at: number): boolean {
    const text = this.#text
    switch (op) {
      case OP.start:
        return at === 0
      case OP.end:
        return at === text.length
      case OP.endOfLine:
        return at === text.length || (at === text.length - 1 && text[at] === '\n')
      default: {
        const before = at > 0 && WORDS.has(text.codePointAt(this.#before(at))!)
        const after = at < text.length && WORDS.has(text.codePointAt(at)!)
        return (before !== after) === (op === OP.boundary)
      }
    }
  }

  /** Matches what a look-around looks for. What it has captured stays, and it is not tried in another way. */
  #look(pc: number, at: number, mustEnd: number, isNegative: boolean): number {
    const base = this.#top
    const end = this.#run(pc, at, mustEnd)
    if (end === NOWHERE) return NOWHERE
    if (isNegative) this.#undo(base)
    else this.#forgetChoices(base)
    return end
  }

  #isBehind({ a: min, b: max, flag }: Instruction, pc: number, at: number): boolean {
    let from = at
    for (let length = 0; length <= max; length++) {
      if (length >= min && this.#look(pc, from, at, flag) !== NOWHERE) return true
      if (from === 0) return false
      from = this.#before(from)
      this.#steps++
    }
    return false
  }

  #undo(base: number): void {
    const frames = this.#frames
    while (this.#top > base) {
      this.#top -= FRAME
      const one = frames[this.#top + 1]!
      if (frames[this.#top] === MARK) this.#marks[one] = frames[this.#top + 2]!
      else if (frames[this.#top] === LOOP) {
        this.#rounds[one] = frames[this.#top + 2]!
        this.#begun[one] = frames[this.#top + 3]!
      }
    }
  }

  #forgetChoices(base: number): void {
    const frames = this.#frames
    let kept = base
    for (let frame = base; frame < this.#top; frame += FRAME) {
      if (frames[frame]! < MARK) continue
      frames.copyWithin(kept, frame, frame + FRAME)
      kept += FRAME
    }
    this.#top = kept
  }

  #count(loop: number, rounds: number, begun: number): void {
    this.#push(LOOP, loop, this.#rounds[loop]!, this.#begun[loop]!)
    this.#rounds[loop] = rounds
    this.#begun[loop] = begun
  }

  #push(kind: number, one: number, two: number, three: number): void {
    const top = this.#top
    if (top === this.#frames.length) this.#grow()
    const frames = this.#frames
    frames[top] = kind
    frames[top + 1] = one
    frames[top + 2] = two
    frames[top + 3] = three
    this.#top = top + FRAME
  }

  #grow(): void {
    if (this.#top >= MOST_FRAMES * FRAME)
      throw new JqLimitError(
        'steps',
        `the regular expression has more than ${MOST_FRAMES} choices to come back to`,
      )
    const frames = new Int32Array(this.#frames.length * 2)
    frames.set(this.#frames)
    this.#frames = frames
  }

  #charge(): void {
    const steps = this.#steps
    this.#steps = 0
    charge(this.#budget!, steps)
  }
}
