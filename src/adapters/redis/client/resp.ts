import type { Socket } from 'node:net'

/** A reply during the handshake. */
export type GreetingReply = string | number | null | ReplyFault | readonly GreetingReply[]

/** The server sent something other than RESP. */
class ProtocolError extends Error {}

/** An error reply. */
export class ReplyFault {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Maximum size of a reply during the handshake, in bytes. */
const LONGEST = 65_536

/** Encodes a command (RESP, "Sending commands to a Redis server"). */
function encodeCommand(args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`
}

/**
 * Sends one command over a socket and reads the reply, before ioredis takes over the socket. Pauses the socket
 * afterwards.
 * @throws ProtocolError if the socket closes or the reply is not RESP; the reason of `signal`
 */
export function ask(socket: Socket, args: readonly string[], signal: AbortSignal): Promise<GreetingReply> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const finish = (settle: () => void) => {
      socket.pause()
      socket.off('data', onData).off('close', onClose).off('error', onError)
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    const fail = (error: unknown) => finish(() => reject(error))
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      try {
        const parsed = parseReply(received, 0, 0)
        if (parsed === undefined && received.length > LONGEST) throw malformed('a greeting that does not end')
        if (parsed === undefined) return
        if (parsed.next !== received.length) throw malformed('more than was asked for')
        finish(() => resolve(parsed.reply))
      } catch (error) {
        fail(error)
      }
    }
    const onClose = () => fail(new ProtocolError('the server closed the connection'))
    const onError = (error: Error) => fail(error)
    const onAbort = () => fail(signal.reason)
    if (signal.aborted) return reject(signal.reason)
    socket.on('data', onData).once('close', onClose).once('error', onError)
    signal.addEventListener('abort', onAbort, { once: true })
    if (socket.destroyed) return onClose()
    socket.resume()
    socket.write(encodeCommand(args))
  })
}

interface Parsed {
  readonly reply: GreetingReply
  readonly next: number
}

const MOST_ITEMS = 1_024
const DEEPEST = 4

/** Parses one RESP 2 reply. @returns undefined if it is incomplete. @throws ProtocolError */
function parseReply(bytes: Buffer, from: number, depth: number): Parsed | undefined {
  if (bytes.length === from) return undefined
  const type = String.fromCharCode(bytes[from]!)
  if (!'+-:$*'.includes(type)) throw malformed(`a reply of unknown type ${JSON.stringify(type)}`)
  const end = bytes.indexOf('\r\n', from)
  if (end < 0) {
    if (bytes.length - from > 4_096) throw malformed('a line that does not end')
    return undefined
  }
  const line = bytes.toString('utf8', from + 1, end)
  switch (type) {
    case '+':
      return { reply: line, next: end + 2 }
    case '-':
      return { reply: new ReplyFault(line), next: end + 2 }
    case ':':
      return { reply: count(line, Number.MAX_SAFE_INTEGER), next: end + 2 }
    case '$':
      return parseBulk(bytes, end + 2, count(line, LONGEST))
    default:
      return parseItems(bytes, end + 2, count(line, MOST_ITEMS), depth)
  }
}

function parseBulk(bytes: Buffer, from: number, length: number): Parsed | undefined {
  if (length < 0) return { reply: null, next: from }
  if (bytes.length < from + length + 2) return undefined
  return { reply: bytes.toString('utf8', from, from + length), next: from + length + 2 }
}

function parseItems(bytes: Buffer, from: number, length: number, depth: number): Parsed | undefined {
  if (length < 0) return { reply: null, next: from }
  if (depth >= DEEPEST) throw malformed('a reply that is nested too deep')
  const items: GreetingReply[] = []
  let next = from
  for (let i = 0; i < length; i++) {
    const item = parseReply(bytes, next, depth + 1)
    if (item === undefined) return undefined
    items.push(item.reply)
    next = item.next
  }
  return { reply: items, next }
}

function count(line: string, most: number): number {
  const number = Number(line)
  if (!/^-?\d+$/.test(line) || number > most)
    throw malformed(`a length of ${JSON.stringify(line.slice(0, 32))}`)
  return number
}

function malformed(what: string): ProtocolError {
  return new ProtocolError(`expected a RESP reply, found ${what}`)
}
