import type { Headers } from '../../../core/value.js'

/** The block of headers in front of a payload (NATS client protocol, HPUB and HMSG). */
export interface HeaderBlock {
  /** Of the server's own messages: 503 when nobody answers, 404, 408 and 409 for pull requests. */
  readonly status?: number
  readonly description?: string
  readonly headers?: Headers
}

const VERSION = 'NATS/1.0'
const NAME = /^[!-9;-~]+$/
const BREAK = /[\r\n]/
const STATUS_LINE = /^NATS\/1\.0(?:\s+(\d{3})(?:\s+(.*))?)?\s*$/

/** @throws RangeError naming the header that cannot be sent */
export function encodeHeaders(headers: Headers): Buffer {
  let text = `${VERSION}\r\n`
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (!NAME.test(name))
      throw new RangeError(`the header name ${JSON.stringify(name)} is not of printable ASCII without ":"`)
    if (typeof value !== 'string' || BREAK.test(value))
      throw new RangeError(`the header ${name} is not a text of one line`)
    text += `${name}: ${value}\r\n`
  }
  return Buffer.from(`${text}\r\n`)
}

/** Reads a block; of a header that comes several times the values are joined with ", ". Lines that are none are left out. */
export function decodeHeaders(block: Buffer): HeaderBlock {
  const lines = block.toString().split('\r\n')
  const status = STATUS_LINE.exec(lines[0] ?? '')
  let headers: Record<string, string> | undefined
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i]!
    const colon = line.indexOf(':')
    if (colon <= 0) continue
    // Without a prototype: names such as "__proto__" are names like any other.
    headers ??= Object.create(null) as Record<string, string>
    const name = line.slice(0, colon)
    const value = line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value
  }
  return {
    ...(status?.[1] !== undefined && { status: Number(status[1]), description: status[2] ?? '' }),
    ...(headers && { headers }),
  }
}
