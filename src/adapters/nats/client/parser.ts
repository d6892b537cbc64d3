import { MessageView } from './message-view.js'

/** Receives what a server sends. */
export interface ParserHandler {
  /** `view` is valid until this returns. */
  onMessage(view: MessageView): void
  /** Receives a message larger than the limit, without its body. */
  onOversize(view: MessageView): void
  onPing(): void
  onPong(): void
  /** Receives the text of -ERR, without its quotes. */
  onError(text: string): void
  /** Receives the JSON of INFO. */
  onInfo(text: string): void
}

/** The server violated the NATS client protocol. */
export class MalformedProtocol extends Error {}

/**
 * Maximum length of a line, in bytes. INFO lists the servers of a cluster; all other lines have at most 4,096 bytes.
 */
const LONGEST_LINE = 1_048_576
const MOST_DIGITS = 15
const MOST_ARGUMENTS = 5
const [LF, CR, SPACE, TAB] = [10, 13, 32, 9] as const
const [PLUS, MINUS, H, I, M, P] = [43, 45, 72, 73, 77, 80] as const

const [MSG, HMSG, INFO, ERR, OK] = ['MSG', 'HMSG', 'INFO', '-ERR', '+OK'].map((name) =>
  Buffer.from(name),
) as [Buffer, Buffer, Buffer, Buffer, Buffer]

/** Parses what a server sends (NATS client protocol). It accepts chunks of any size, down to one byte. */
export class Parser {
  readonly #handler: ParserHandler
  readonly #maxFrame: number
  readonly #view = new MessageView()
  /** Start and end of each argument of the current line. */
  readonly #starts = new Int32Array(MOST_ARGUMENTS)
  readonly #ends = new Int32Array(MOST_ARGUMENTS)
  /** The start of a line whose end has not arrived. */
  #partial: Buffer | undefined
  /** The body being received, including its line break. */
  #body: Buffer | undefined
  #filled = 0
  /** How many bytes of an oversize message to skip. */
  #skip = 0
  #closed = false

  /** @param maxFrame maximum size of a body, in bytes */
  constructor(handler: ParserHandler, maxFrame: number) {
    this.#handler = handler
    this.#maxFrame = maxFrame
  }

  /** Parses a chunk, which the caller must not modify afterwards. @throws MalformedProtocol */
  feed(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length && !this.#closed) {
      if (this.#body !== undefined) at = this.#fill(this.#body, chunk, at)
      else if (this.#skip > 0) at = this.#pass(chunk, at)
      else at = this.#readLine(chunk, at)
    }
  }

  /** Stops calling the handler, also for the rest of the current chunk. */
  close(): void {
    this.#closed = true
  }

  #fill(body: Buffer, chunk: Buffer, at: number): number {
    const count = Math.min(body.length - this.#filled, chunk.length - at)
    chunk.copy(body, this.#filled, at, at + count)
    this.#filled += count
    if (this.#filled === body.length) {
      this.#body = undefined
      checkBreak(body, body.length - 2)
      this.#view.body = body.subarray(0, body.length - 2)
      this.#handler.onMessage(this.#view)
    }
    return at + count
  }

  #pass(chunk: Buffer, at: number): number {
    const count = Math.min(this.#skip, chunk.length - at)
    this.#skip -= count
    if (this.#skip === 0) {
      // Nothing of the message was kept. Clear the body, which is still that of an earlier message.
      this.#view.dropBody()
      this.#handler.onOversize(this.#view)
    }
    return at + count
  }

  #readLine(chunk: Buffer, at: number): number {
    const end = chunk.indexOf(LF, at)
    if (end === -1) {
      const rest = chunk.subarray(at)
      this.#partial = this.#partial === undefined ? rest : Buffer.concat([this.#partial, rest])
      if (this.#partial.length > LONGEST_LINE)
        throw new MalformedProtocol(`a line of more than ${LONGEST_LINE} bytes`)
      return chunk.length
    }
    if (this.#partial === undefined) return this.#onLine(chunk, at, end, chunk, end + 1)
    const line = Buffer.concat([this.#partial, chunk.subarray(at, end)])
    this.#partial = undefined
    return this.#onLine(line, 0, line.length, chunk, end + 1)
  }

  /** @returns the offset in `chunk` at which to continue */
  #onLine(line: Buffer, start: number, lineEnd: number, chunk: Buffer, next: number): number {
    const end = lineEnd > start && line[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd
    switch (line[start]) {
      case M:
        if (!begins(line, start, end, MSG)) break
        return this.#onMessageLine(line, start + 4, end, false, chunk, next)
      case H:
        if (!begins(line, start, end, HMSG)) break
        return this.#onMessageLine(line, start + 5, end, true, chunk, next)
      case P:
        this.#onSign(line.toString('latin1', start, end))
        return next
      case I:
        if (!begins(line, start, end, INFO)) break
        this.#handler.onInfo(line.toString('utf8', start + INFO.length, end).trim())
        return next
      case MINUS:
        if (!begins(line, start, end, ERR)) break
        this.#handler.onError(
          line
            .toString('utf8', start + ERR.length, end)
            .trim()
            .replace(/^'(.*)'$/, '$1'),
        )
        return next
      case PLUS:
        if (!begins(line, start, end, OK)) break
        return next
    }
    throw new MalformedProtocol(`an unknown line that begins with byte ${line[start] ?? LF}`)
  }

  #onSign(sign: string): void {
    if (sign === 'PING') this.#handler.onPing()
    else if (sign === 'PONG') this.#handler.onPong()
    else throw new MalformedProtocol('a line that begins with "P" and is neither PING nor PONG')
  }

  #onMessageLine(
    line: Buffer,
    from: number,
    end: number,
    headed: boolean,
    chunk: Buffer,
    next: number,
  ): number {
    const view = this.#view
    const most = headed ? MOST_ARGUMENTS : MOST_ARGUMENTS - 1
    const starts = this.#starts
    const ends = this.#ends
    let count = 0
    for (let i = from; i < end; ) {
      if (line[i] === SPACE || line[i] === TAB) {
        i++
        continue
      }
      if (count === most) throw new MalformedProtocol('a message with too many arguments')
      starts[count] = i
      while (i < end && line[i] !== SPACE && line[i] !== TAB) i++
      ends[count++] = i
    }
    if (count < most - 1) throw new MalformedProtocol('a message with too few arguments')
    view.line = line
    view.subjectStart = starts[0]!
    view.subjectEnd = ends[0]!
    view.sid = number(line, starts[1]!, ends[1]!)
    view.replyStart = count === most ? starts[2]! : 0
    view.replyEnd = count === most ? ends[2]! : 0
    view.size = number(line, starts[count - 1]!, ends[count - 1]!)
    view.headerSize = headed ? number(line, starts[count - 2]!, ends[count - 2]!) : 0
    if (view.headerSize > view.size) throw new MalformedProtocol('a message whose headers exceed it')
    return this.#onBody(chunk, next)
  }

  #onBody(chunk: Buffer, at: number): number {
    const { size } = this.#view
    const end = at + size
    if (size > this.#maxFrame) {
      this.#skip = size + 2
      return at
    }
    if (end + 2 <= chunk.length) {
      checkBreak(chunk, end)
      this.#view.body = chunk.subarray(at, end)
      this.#handler.onMessage(this.#view)
      return end + 2
    }
    this.#body = Buffer.allocUnsafeSlow(size + 2)
    this.#filled = 0
    return at
  }
}

/** Returns whether a line begins with an operation name, followed by white space or the end. */
function begins(line: Buffer, start: number, end: number, name: Buffer): boolean {
  for (let i = 0; i < name.length; i++) if (line[start + i] !== name[i]) return false
  const behind = start + name.length
  return behind >= end || line[behind] === SPACE || line[behind] === TAB
}

function number(line: Buffer, start: number, end: number): number {
  if (end === start || end - start > MOST_DIGITS)
    throw new MalformedProtocol('a message without a valid size')
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = line[i]! - 48
    if (digit < 0 || digit > 9) throw new MalformedProtocol('a message whose size is not a number')
    value = value * 10 + digit
  }
  return value
}

function checkBreak(bytes: Buffer, at: number): void {
  if (bytes[at] !== CR || bytes[at + 1] !== LF)
    throw new MalformedProtocol('a message that is longer than its stated size')
}
