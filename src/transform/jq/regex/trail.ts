import { JqLimitError } from '../errors.js'

/** Numbers of a frame: what it is, and three that depend on it. */
export const FRAME = 4
const FIRST_FRAMES = 256
const MOST_FRAMES = 2_000_000

/** Goes on at the instruction `1` and the place `2`. */
export const CHOICE = 0
/** Gives back the last character of a run: goes on at `1`, place from `3` down to `2`. */
export const SHORTER = 1
/** Takes one more character: the instruction is `1`, the place `2`, and `3` may follow. */
export const LONGER = 2
/** Restores the mark `1` to `2`. */
const MARK = 3
/** Restores the loop `1` to `2` rounds, begun at `3`. */
const LOOP = 4

export const NOWHERE = -1

/** The state of a match that backtracking restores, and the choices that it comes back to. */
export class Trail {
  /** The start and the end of the match and of each group. */
  readonly marks: Int32Array
  /** The rounds of each loop. */
  readonly rounds: Int32Array
  /** Where the last round of each loop began. */
  readonly begun: Int32Array
  /** The choices, and what to restore before an earlier one. */
  frames = new Int32Array(FIRST_FRAMES * FRAME)
  /** Where the next frame goes. */
  top = 0

  constructor(groups: number, loops: number) {
    this.marks = new Int32Array(2 * (groups + 1))
    this.rounds = new Int32Array(loops)
    this.begun = new Int32Array(loops)
  }

  /** Forgets everything. Frees the memory of a match that had many choices. */
  clear(): void {
    this.top = 0
    this.marks.fill(NOWHERE)
    if (this.frames.length > FIRST_FRAMES * FRAME * FRAME) this.frames = new Int32Array(FIRST_FRAMES * FRAME)
  }

  mark(index: number, at: number): void {
    this.push(MARK, index, this.marks[index]!, 0)
    this.marks[index] = at
  }

  count(loop: number, rounds: number, begun: number): void {
    this.push(LOOP, loop, this.rounds[loop]!, this.begun[loop]!)
    this.rounds[loop] = rounds
    this.begun[loop] = begun
  }

  push(kind: number, one: number, two: number, three: number): void {
    const top = this.top
    if (top === this.frames.length) this.#grow()
    const frames = this.frames
    frames[top] = kind
    frames[top + 1] = one
    frames[top + 2] = two
    frames[top + 3] = three
    this.top = top + FRAME
  }

  /** Restores what the last frame holds. @returns whether it is not a choice */
  restore(): boolean {
    const frame = this.top - FRAME
    const kind = this.frames[frame]!
    if (kind < MARK) return false
    const index = this.frames[frame + 1]!
    if (kind === MARK) this.marks[index] = this.frames[frame + 2]!
    else {
      this.rounds[index] = this.frames[frame + 2]!
      this.begun[index] = this.frames[frame + 3]!
    }
    this.top = frame
    return true
  }

  /** Restores everything since the frame `base`. */
  undo(base: number): void {
    while (this.top > base) if (!this.restore()) this.top -= FRAME
  }

  /** Removes the choices since the frame `base`. What was captured stays, and can be restored. */
  forgetChoices(base: number): void {
    let kept = base
    for (let frame = base; frame < this.top; frame += FRAME) {
      if (this.frames[frame]! < MARK) continue
      this.frames.copyWithin(kept, frame, frame + FRAME)
      kept += FRAME
    }
    this.top = kept
  }

  #grow(): void {
    if (this.top >= MOST_FRAMES * FRAME)
      throw new JqLimitError(
        'steps',
        `the regular expression has more than ${MOST_FRAMES} choices to come back to`,
      )
    const frames = new Int32Array(this.frames.length * 2)
    frames.set(this.frames)
    this.frames = frames
  }
}
