import { ELIDED_BYTES, elidedText } from './elision.js'

/** Aggregates of so many levels and no more; replies of Redis have four at most. */
const DEEPEST = 32
/** No header is longer: a type, a length and the end of the line. Lines of status and error may be. */
const LONGEST_HEADER = 32
const LONGEST_LINE = 65_536
/** No server sends longer texts (`proto-max-bulk-len` is 512 MB unless it was raised): nothing is waited for that long. */
const LONGEST_TEXT = 4 * 1024 ** 3
const CR = 13
const LF = 10
const ZERO = 48
const NINE = 57
const MINUS = 45

type Kind = 'bulk' | 'aggregate' | 'line'

/** What begins with each byte, in RESP 2 and 3. */
const KINDS: (Kind | undefined)[] = []
for (const type of '$=!') KINDS[type.charCodeAt(0)] = 'bulk'
for (const type of '*~>%') KINDS[type.charCodeAt(0)] = 'aggregate'
for (const type of '+-:_#,(') KINDS[type.charCodeAt(0)] = 'line'
const [ARRAY, PUSH, MAP, STATUS, FAULT, BULK_ERROR] = [...'*>%+-!'].map((type) => type.charCodeAt(0))

/**
 * Reads the bytes that a server sends before the parser does. It replaces each text that is larger than allowed by an
 * elision (see `elidedSize`) and skips its bytes, and refuses what must not reach the parser: invalid lengths, nesting
 * without end, more replies than were asked for, messages of no known shape (ioredis throws at those where nobody can
 * catch it). It looks at headers only and skips the bodies, so it costs one step for each element of a reply.
 */
export class FrameGuard {
  /** Whether the connection has subscriptions: arrays are messages then, in RESP 2. */
  subscriber = false
  readonly #largestText: number
  readonly #largest: number
  /** Bytes of a body, with its line end, that are still to come, and its size if the parser does not get it. */
  #body = 0
  #elided = 0
  /** What the parser gets of the present chunk, and where the part of it begins that it has not got yet. */
  #pieces: Uint8Array[] = []
  #passed = 0
  /** Elements that are still to come, for each open aggregate. */
  readonly #open: number[] = []
  /** Of the present frame: its first byte, its bytes so far, and how many of its elements have begun. */
  #type = 0
  #frame = 0
  #elements = 0
  /** Replies that may still come. */
  #replies = 0
  /** The part of a line that came with an earlier chunk. The parser gets it with the rest. */
  #partial: number[] = []

  /**
   * @param largestText bytes of one text, such as a payload
   * @param largest bytes of one reply or message
   */
  constructor(largestText: number, largest = largestText) {
    this.#largestText = largestText
    this.#largest = largest
  }

  /**
   * @param replies how many commands wait for a reply
   * @returns what the parser may read, or what is wrong: then the guard is of no use any more
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
        // The parser has the whole reply only now, as the guard has: answers are counted.
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
    // Of a message the kind and the channel decide where it goes; an error must be read.
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

  /** A message has a kind and a channel at least, which are texts; beside messages a subscriber gets statuses alone. */
  #fits(kind: Kind, type: number, line: Uint8Array, from: number, to: number): boolean {
    if (this.#elements > 0) return this.#elements > 2 || (kind === 'bulk' && line[from + 1] !== MINUS)
    if (type === PUSH || type === ARRAY) return (readLength(line, from + 1, to - 2) ?? 0) >= 2
    return type === FAULT || (type === STATUS && to - from >= 5)
  }

  #aggregate(items: number): string | undefined {
    // Each takes three bytes at least: so the array that the parser makes beforehand is bounded too.
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

/** Reads a length, -1 for null. @returns undefined when it is none */
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
