import { ELIDED_BYTES, elidedText } from './elision.js'

/** Maximum nesting of aggregates. Replies of Redis have at most four levels. */
const DEEPEST = 32
/** Maximum length of a header: type, length and line end. Status and error lines may be longer. */
const LONGEST_HEADER = 32
const LONGEST_LINE = 65_536
/**
 * Maximum size of a string. A larger one fails the connection instead of being skipped (`proto-max-bulk-len` is 512 MB
 * by default).
 */
const LONGEST_TEXT = 4 * 1024 ** 3
const CR = 13
const LF = 10
const ZERO = 48
const NINE = 57
const MINUS = 45

type Kind = 'bulk' | 'aggregate' | 'line'

/** What each type byte of RESP 2 and 3 begins. */
const KINDS: (Kind | undefined)[] = []
for (const type of '$=!') KINDS[type.charCodeAt(0)] = 'bulk'
for (const type of '*~>%') KINDS[type.charCodeAt(0)] = 'aggregate'
for (const type of '+-:_#,(') KINDS[type.charCodeAt(0)] = 'line'
const [ARRAY, PUSH, MAP, STATUS, FAULT, BULK_ERROR] = [...'*>%+-!'].map((type) => type.charCodeAt(0))

/**
 * Checks the bytes from a server before ioredis parses them: elides strings that are too large (see `elidedSize`), and
 * rejects invalid lengths, deep nesting, unrequested replies and malformed messages, at which ioredis would throw
 * outside any promise. It reads headers and skips bodies, so the cost is one step for each element of a reply.
 */
export class FrameGuard {
  /** Whether the connection has subscriptions. In RESP 2 an array is then a message. */
  subscriber = false
  readonly #largestText: number
  readonly #largest: number
  /** Bytes of the current body still to come, with its line end, and its size if it is elided. */
  #body = 0
  #elided = 0
  /** What the parser receives of the current chunk, and the offset up to which the chunk has been handled. */
  #pieces: Uint8Array[] = []
  #passed = 0
  /** Elements still to come in each open aggregate. */
  readonly #open: number[] = []
  /** The current frame: its type byte, its size so far, and how many of its elements have begun. */
  #type = 0
  #frame = 0
  #elements = 0
  /** How many replies may still arrive. */
  #replies = 0
  /** The start of a line from an earlier chunk. The parser receives it with the rest. */
  #partial: number[] = []

  /**
   * @param largestText maximum size of one string, such as a payload, in bytes
   * @param largest maximum size of one reply or message, in bytes
   */
  constructor(largestText: number, largest = largestText) {
    this.#largestText = largestText
    this.#largest = largest
  }

  /**
   * @param replies how many commands wait for a reply
   * @returns what the parser may read, or what is wrong; after a fault the guard must not be used again
   */
  filter(chunk: Uint8Array, replies = Number.POSITIVE_INFINITY): readonly Uint8Array[] | string {
    this.#replies = replies
    this.#pieces = []
    this.#passed = 0
    let fault: string | undefined
    for (let at = 0; at < chunk.length && fault === undefined; ) {
      if (this.#body > 0) {
        const skipped = Math.min(this.#body, chunk.length - at)
        this.#body -= skipped
        at += skipped
        if (this.#elided > 0) this.#passed = at
        if (this.#body > 0) continue
        // Pass the elision only when the body is complete, so that guard and parser count replies alike.
        if (this.#elided > 0) this.#pieces.push(elidedText(this.#elided))
        this.#elided = 0
        fault = this.#elementDone()
        continue
      }
      let end = at
      while (end < chunk.length && chunk[end] !== LF) end++
      const complete = end < chunk.length
      fault = this.#line(chunk, at, complete ? end + 1 : end, complete)
      at = end + 1
    }
    if (fault !== undefined) return fault
    this.#pass(chunk, chunk.length)
    return this.#pieces
  }

  #pass(chunk: Uint8Array, to: number): void {
    if (to > this.#passed) {
      const whole = this.#passed === 0 && to === chunk.length
      this.#pieces.push(whole ? chunk : chunk.subarray(this.#passed, to))
    }
    this.#passed = to
  }

  #line(chunk: Uint8Array, from: number, to: number, complete: boolean): string | undefined {
    const partial = this.#partial
    const type = partial[0] ?? chunk[from]!
    const kind = KINDS[type]
    if (kind === undefined) return `a reply of unknown type ${JSON.stringify(String.fromCharCode(type))}`
    const length = partial.length + to - from
    if (length > (kind === 'line' ? LONGEST_LINE : LONGEST_HEADER)) return 'a line that does not end'
    if (complete && partial.length === 0) {
      const fault = this.#element(kind, type, chunk, from, to)
      if (this.#elided === 0) return fault
      this.#pass(chunk, from)
      this.#passed = to
      return fault
    }
    this.#pass(chunk, from)
    for (let i = from; i < to; i++) partial.push(chunk[i]!)
    this.#passed = to
    if (!complete) return undefined
    this.#partial = []
    const line = Uint8Array.from(partial)
    const fault = this.#element(kind, type, line, 0, line.length)
    if (this.#elided === 0) this.#pieces.push(line)
    return fault
  }

  #element(kind: Kind, type: number, line: Uint8Array, from: number, to: number): string | undefined {
    if (this.#frame === 0) {
      this.#type = type
      this.#elements = 0
    } else this.#elements++
    this.#frame += to - from
    if (this.#isMessage() && !this.#fits(kind, type, line, from, to)) return 'a message of unknown shape'
    if (kind === 'line') return this.#elementDone()
    const length = readLength(line, from + 1, to - 2)
    if (length === undefined || line[to - 2] !== CR)
      return `a length of ${JSON.stringify(
        Buffer.from(line.subarray(from + 1, to))
          .toString('latin1')
          .trim(),
      )}`
    if (length < 0) return this.#elementDone()
    if (kind === 'aggregate') return this.#aggregate(type === MAP ? 2 * length : length)
    this.#body = length + 2
    if (length > this.#largestText || this.#frame + length > this.#largest) return this.#elide(type, length)
    this.#frame += length
    return undefined
  }

  #elide(type: number, length: number): string | undefined {
    // The kind and the channel of a message decide its route, and an error must be readable: neither can be elided.
    if (length > LONGEST_TEXT || type === BULK_ERROR || (this.#isMessage() && this.#elements <= 2))
      return `a text of more than ${this.#largestText} bytes`
    this.#frame += ELIDED_BYTES
    if (this.#frame > this.#largest + ELIDED_BYTES) return this.#tooLarge()
    this.#elided = length
    return undefined
  }

  #isMessage(): boolean {
    return this.#type === PUSH || this.subscriber
  }

  /**
   * Checks the shape of a message: a kind and a channel, both strings. Besides messages a subscriber receives only
   * statuses and errors.
   */
  #fits(kind: Kind, type: number, line: Uint8Array, from: number, to: number): boolean {
    if (this.#elements > 0) return this.#elements > 2 || (kind === 'bulk' && line[from + 1] !== MINUS)
    if (type === PUSH || type === ARRAY) return (readLength(line, from + 1, to - 2) ?? 0) >= 2
    return type === FAULT || (type === STATUS && to - from >= 5)
  }

  #aggregate(items: number): string | undefined {
    // Each element takes at least three bytes. This bounds the array that the parser allocates in advance.
    if (this.#frame + 3 * items > this.#largest) return this.#tooLarge()
    if (items === 0) return this.#elementDone()
    return this.#open.push(items) > DEEPEST ? 'a reply that is nested too deep' : undefined
  }

  #elementDone(): string | undefined {
    const open = this.#open
    while (open.length > 0) {
      const left = open[open.length - 1]! - 1
      open[open.length - 1] = left
      if (left > 0) return undefined
      open.pop()
    }
    this.#frame = 0
    if (this.#type === PUSH || (this.subscriber && this.#type === ARRAY)) return undefined
    return --this.#replies < 0 ? 'more replies than were asked for' : undefined
  }

  #tooLarge(): string {
    return `a frame of more than ${this.#largest} bytes`
  }
}

/** Parses a length; -1 for null. @returns undefined if it is invalid */
function readLength(line: Uint8Array, from: number, to: number): number | undefined {
  if (to - from === 2 && line[from] === MINUS && line[from + 1] === ZERO + 1) return -1
  if (to <= from || to - from > 15) return undefined
  let length = 0
  for (let i = from; i < to; i++) {
    const digit = line[i]!
    if (digit < ZERO || digit > NINE) return undefined
    length = length * 10 + digit - ZERO
  }
  return length
}
