import { CharacterSet } from './character-set.js'
import type { Anchor, RegexNode, Repeat } from './syntax.js'

export const OP = {
  /** Takes a character of `set`. */
  set: 0,
  /** Takes from `a` to `b` characters of `set`; few first if `flag`. */
  run: 1,
  /** Goes on at `a`, and then at `b`. */
  split: 2,
  jump: 3,
  /** Keeps the place as that of the mark `a`. */
  mark: 4,
  start: 5,
  end: 6,
  endOfLine: 7,
  boundary: 8,
  noBoundary: 9,
  /** Takes the text of the group `a`. */
  back: 10,
  /** Begins to count the loop `a`. */
  enter: 11,
  /** Begins a round of the loop `a`, of at least `b` and at most `c`, or leaves it to `to`. */
  round: 12,
  /** Ends a round of the loop `a`, and goes on at `b`, or at `to` after an empty round if `flag`. */
  next: 13,
  /** Tries the instructions that follow as a look-ahead, and continues at `to`. `flag`: they must not match. */
  ahead: 14,
  /** Looks behind, over `a` to `b` characters. */
  behind: 15,
  accept: 16,
} as const

/** One step of a matcher. All have the same shape, which keeps the matcher quick. */
export interface Instruction {
  readonly op: number
  a: number
  b: number
  c: number
  to: number
  readonly flag: boolean
  readonly set: CharacterSet | undefined
}

export interface Instructions {
  readonly code: readonly Instruction[]
  readonly loops: number
}

const ANCHORS: Readonly<Record<Anchor, number>> = {
  start: OP.start,
  end: OP.end,
  'end-of-line': OP.endOfLine,
  boundary: OP.boundary,
  'no-boundary': OP.noBoundary,
}

/** Translates an expression for the matcher. */
export function instructionsOf(root: RegexNode, ignoresCase: boolean): Instructions {
  const writer = new Writer(ignoresCase)
  writer.write(root)
  writer.add(OP.accept)
  return { code: writer.code, loops: writer.loops }
}

class Writer {
  readonly code: Instruction[] = []
  loops = 0
  readonly #ignoresCase: boolean
  readonly #sets = new Map<string, CharacterSet>()

  constructor(ignoresCase: boolean) {
    this.#ignoresCase = ignoresCase
  }

  add(op: number, more: Partial<Instruction> = {}): Instruction {
    const instruction = { op, a: 0, b: 0, c: 0, to: 0, flag: false, set: undefined, ...more }
    this.code.push(instruction)
    return instruction
  }

  write(node: RegexNode): void {
    switch (node.kind) {
      case 'set':
        this.add(OP.set, { set: this.#set(node.source) })
        return
      case 'anchor':
        this.add(ANCHORS[node.anchor])
        return
      case 'back':
        this.add(OP.back, { a: node.group })
        return
      case 'sequence':
        for (const item of node.items) this.write(item)
        return
      case 'choice':
        return this.#choice(node.options)
      case 'group':
        this.add(OP.mark, { a: 2 * node.index })
        this.write(node.body)
        this.add(OP.mark, { a: 2 * node.index + 1 })
        return
      case 'look': {
        const lengths = node.isBehind ? lengthsOf(node.body) : { min: 0, max: 0 }
        const look = this.add(node.isBehind ? OP.behind : OP.ahead, {
          a: lengths.min,
          b: lengths.max,
          flag: node.isNegative,
        })
        this.write(node.body)
        this.add(OP.accept)
        look.to = this.code.length
        return
      }
      case 'repeat':
        return this.#repeat(node)
    }
  }

  #choice(options: readonly RegexNode[]): void {
    const jumps: Instruction[] = []
    for (const [index, option] of options.entries()) {
      const isLast = index === options.length - 1
      const split = isLast ? undefined : this.add(OP.split, { a: this.code.length + 1 })
      this.write(option)
      if (split === undefined) continue
      jumps.push(this.add(OP.jump))
      split.b = this.code.length
    }
    for (const jump of jumps) jump.to = this.code.length
  }

  #repeat({ body, min, max, isLazy }: Repeat): void {
    if (body.kind === 'set') {
      this.add(OP.run, { a: min, b: max, flag: isLazy, set: this.#set(body.source) })
      return
    }
    if (min === 0 && max === 1) {
      const split = this.add(OP.split)
      const inside = this.code.length
      this.write(body)
      const after = this.code.length
      split.a = isLazy ? after : inside
      split.b = isLazy ? inside : after
      return
    }
    const loop = this.loops++
    this.add(OP.enter, { a: loop })
    const start = this.code.length
    const round = this.add(OP.round, { a: loop, b: min, c: max, flag: isLazy })
    this.write(body)
    const next = this.add(OP.next, { a: loop, b: start, flag: max === Number.POSITIVE_INFINITY })
    round.to = this.code.length
    next.to = this.code.length
  }

  #set(source: string): CharacterSet {
    const known = this.#sets.get(source)
    if (known !== undefined) return known
    const set = new CharacterSet(source, this.#ignoresCase)
    this.#sets.set(source, set)
    return set
  }
}

/** How many characters an expression takes. */
function lengthsOf(node: RegexNode): { readonly min: number; readonly max: number } {
  switch (node.kind) {
    case 'set':
      return { min: 1, max: 1 }
    case 'back':
      return { min: 0, max: Number.POSITIVE_INFINITY }
    case 'sequence':
      return node.items
        .map(lengthsOf)
        .reduce((all, item) => ({ min: all.min + item.min, max: all.max + item.max }), { min: 0, max: 0 })
    case 'choice': {
      const all = node.options.map(lengthsOf)
      return { min: Math.min(...all.map(({ min }) => min)), max: Math.max(...all.map(({ max }) => max)) }
    }
    case 'group':
      return lengthsOf(node.body)
    case 'repeat': {
      const { min, max } = lengthsOf(node.body)
      return { min: min * node.min, max: max === 0 ? 0 : max * node.max }
    }
    default:
      return { min: 0, max: 0 }
  }
}
