import { type Input, Reader } from './reader.js'

type State =
  | { readonly kind: 'line' }
  /** Inside the rest of a line that is too long. */
  | { readonly kind: 'long-line' }
  /** After a header line. `length` is absent until it was read. */
  | { readonly kind: 'headers'; length: number | undefined }
  | { readonly kind: 'body'; readonly length: number }
  | { readonly kind: 'skip'; left: number }

const HEADER = /^content-(?:length|type)[ \t]*:/i
const LENGTH = /^content-length[ \t]*:[ \t]*(\d{1,15})[ \t]*$/i
const CARRIAGE_RETURN = 0x0d
/** The bytes of `c` and `C`, with which a header begins and JSON does not. */
const C = [0x43, 0x63]
const LONGEST_HEADER = 1_024

/**
 * Reads one message a line. Also reads messages with the headers of the Language Server Protocol (`Content-Length`),
 * which many libraries write. Empty lines are ignored.
 */
export class LineReader extends Reader {
  #state: State = { kind: 'line' }

  next(): Input | undefined {
    for (;;) {
      const before = this.#state
      const left = this.bytes.length
      const found = this.#step(before)
      if (found !== undefined) return found
      if (this.#state === before && this.bytes.length === left) return undefined
    }
  }

  /** Takes one step. @returns what was found; `undefined` to go on, or if neither state nor bytes have changed */
  #step(state: State): Input | undefined {
    switch (state.kind) {
      case 'line':
        return this.#line()
      case 'long-line':
        return this.#longLine()
      case 'headers':
        return this.#header(state)
      case 'body': {
        if (this.bytes.length < state.length) return undefined
        this.#state = { kind: 'line' }
        return { kind: 'message', bytes: this.bytes.take(state.length) }
      }
      case 'skip': {
        const count = Math.min(state.left, this.bytes.length)
        if (count > 0) this.bytes.take(count)
        state.left -= count
        if (state.left === 0) this.#state = { kind: 'line' }
        return undefined
      }
    }
  }

  #line(): Input | undefined {
    const end = this.bytes.lineEnd()
    if (end > this.maxBytes || (end < 0 && this.bytes.length > this.maxBytes)) {
      this.#state = { kind: 'long-line' }
      return { kind: 'oversized' }
    }
    if (end < 0) return undefined
    const line = this.#takeLine(end)
    if (line.length === 0) return undefined
    if (!C.includes(line[0]!) || line.length > LONGEST_HEADER || !HEADER.test(line.toString('latin1')))
      return { kind: 'message', bytes: line }
    this.#state = { kind: 'headers', length: lengthOf(line) }
    return undefined
  }

  /** Skips to the end of the line. */
  #longLine(): undefined {
    const end = this.bytes.lineEnd()
    this.bytes.take(end < 0 ? this.bytes.length : end + 1)
    if (end >= 0) this.#state = { kind: 'line' }
  }

  #header(state: Extract<State, { kind: 'headers' }>): Input | undefined {
    const end = this.bytes.lineEnd()
    if (end > LONGEST_HEADER || (end < 0 && this.bytes.length > LONGEST_HEADER)) {
      this.#state = { kind: 'long-line' }
      return { kind: 'fault', reason: `a header line of more than ${LONGEST_HEADER} bytes` }
    }
    if (end < 0) return undefined
    const line = this.#takeLine(end)
    if (line.length > 0) {
      state.length ??= lengthOf(line)
      return undefined
    }
    const { length } = state
    this.#state = { kind: 'line' }
    if (length === undefined) return { kind: 'fault', reason: 'headers without a valid Content-Length' }
    if (length <= this.maxBytes) {
      this.#state = { kind: 'body', length }
      return undefined
    }
    this.#state = { kind: 'skip', left: length }
    return { kind: 'oversized' }
  }

  /** Takes a line without its end, which may be CR LF. */
  #takeLine(end: number): Buffer {
    const line = this.bytes.take(end + 1)
    return line.subarray(0, line[end - 1] === CARRIAGE_RETURN ? end - 1 : end)
  }
}

function lengthOf(line: Buffer): number | undefined {
  const digits = LENGTH.exec(line.toString('latin1'))?.[1]
  return digits === undefined ? undefined : Number(digits)
}
