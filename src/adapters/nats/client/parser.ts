import { MessageView } from './message-view.js'

/** What a server says. */
export interface ParserHandler {
  /** `view` is good until this returns. */
  onMessage(view: MessageView): void
  /** A message beyond the limit; its body is left out. */
  onOversize(view: MessageView): void
  onPing(): void
  onPong(): void
  /** The text of -ERR, without its quotes. */
  onError(text: string): void
  /** The JSON of INFO. */
  onInfo(text: string): void
}

/** The server sent what is not the NATS client protocol. */
export class MalformedProtocol extends Error {}

/** INFO lists the servers of a cluster; all other lines have 4,096 bytes at most. */
const LONGEST_LINE = 1_048_576
const MOST_DIGITS = 15
const MOST_ARGUMENTS = 5
const [LF, CR, SPACE, TAB] = [10, 13, 32, 9] as const
const [PLUS, MINUS, H, I, M, P] = [43, 45, 72, 73, 77, 80] as const

const [MSG, HMSG, INFO, ERR, OK] = ['MSG', 'HMSG', 'INFO', '-ERR', '+OK'].map((name) =>
  Buffer.from(name),
) as [Buffer, Buffer, Buffer, Buffer, Buffer]

/** Cuts what a server sends into messages (NATS client protocol). Works on chunks of any size, down to one byte. */
export class Parser {
  readonly #handler: ParserHandler
  readonly #maxFrame: number
  readonly #view = new MessageView()
  /** Where the arguments of a line begin and end. */
  readonly #starts = new Int32Array(MOST_ARGUMENTS)
  readonly #ends = new Int32Array(MOST_ARGUMENTS)
  /** The beginning of a line whose end has not come yet. */
  #partial: Buffer | undefined
  /** A body that is being filled, with the line break behind it. */
  #body: Buffer | undefined
  #filled = 0
  /** Bytes that are to be passed over. */
  #skip = 0
  #closed = false

  /** @param maxFrame the largest body that is taken, in bytes */
  constructor(handler: ParserHandler, maxFrame: number) {
    this.#handler = handler
    this.#maxFrame = maxFrame
  }

  /** Reads on. The chunk is the parser's from now on. @throws MalformedProtocol */
  feed(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length && !this.#closed) {
      if (this.#body !== undefined) at = this.#fill(this.#body, chunk, at)
      else if (this.#skip > 0) at = this.#pass(chunk, at)
      else at = this.#readLine(chunk, at)
    }
  }

  /** Nothing is handed on any more, not even what is left of the present chunk. */
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
      // Nothing of it was kept: the body of the message before must not be taken for it.
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

  /** @returns where to read on in `chunk` */
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
    throw new MalformedProtocol(`a line that begins with byte ${line[start] ?? LF}`)
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

/** Whether a line begins with the name of an operation, with nothing or white space behind it. */
function begins(line: Buffer, start: number, end: number, name: Buffer): boolean {
  for (let i = 0; i < name.length; i++) if (line[start + i] !== name[i]) return false
  const behind = start + name.length
  return behind >= end || line[behind] === SPACE || line[behind] === TAB
}

function number(line: Buffer, start: number, end: number): number {
  if (end === start || end - start > MOST_DIGITS) throw new MalformedProtocol('a message without its size')
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
    throw new MalformedProtocol('a message that does not end where it says')
}
