import type { LogState } from './log-state.js'
import type { Segment } from './segment.js'
import type { BrokenBytes } from './segment-scan.js'

/** Counts and reports the messages that cannot be read. */
export class Losses {
  readonly #state: LogState
  /** Up to where the damage of a segment was reported: it is scanned again after `rewind`. */
  readonly #reported = new WeakMap<Segment, number>()
  #messages = 0

  constructor(state: LogState) {
    this.#state = state
  }

  /** Messages that are lost. */
  get messages(): number {
    return this.#messages
  }

  /**
   * Marks messages of a segment as lost.
   * @param first the number of the first one
   * @param end the number after the last one
   * @param broken the damaged bytes between them, if there are any
   */
  add(segment: Segment, first: number, end: number, broken?: BrokenBytes, reason?: string): void {
    let messages = 0
    for (let sequence = first; sequence < end; sequence++)
      if (this.#state.acceptance.done(sequence)) messages++
    this.#messages += messages
    if (messages > 0) this.#state.onDone()
    const isKnown = broken !== undefined && broken.offset < (this.#reported.get(segment) ?? 0)
    if (isKnown || (broken === undefined && messages === 0)) return
    if (broken !== undefined) this.#reported.set(segment, broken.offset + broken.bytes)
    this.#state.report({
      kind: broken === undefined ? 'unreadable-segment' : 'broken-record',
      file: segment.name,
      ...broken,
      messages,
      reason:
        reason ?? (broken === undefined ? 'messages are missing' : 'the bytes are not an intact record'),
    })
  }
}
