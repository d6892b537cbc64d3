import { bareRecord } from '../../../core/bare-record.js'
import type { Headers } from '../../../core/value.js'

/** The header block before a payload (NATS client protocol, HPUB and HMSG). */
export interface HeaderBlock {
  /**
   * The status of a message from the server itself: 503 if a request has no subscriber; 404, 408 and 409 for pull
   * requests.
   */
  readonly status?: number
  readonly description?: string
  readonly headers?: Headers
}

const VERSION = 'NATS/1.0'
const NAME = /^[!-9;-~]+$/
const BREAK = /[\r\n]/
const STATUS_LINE = /^NATS\/1\.0(?:\s+(\d{3})(?:\s+(.*))?)?\s*$/

/** Encodes a header block. @throws RangeError with the header that cannot be sent */
export function encodeHeaders(headers: Headers): Buffer {
  let text = `${VERSION}\r\n`
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (!NAME.test(name))
      throw new RangeError(
        `header name ${JSON.stringify(name)}: expected printable ASCII characters without ":"`,
      )
    if (typeof value !== 'string' || BREAK.test(value))
      throw new RangeError(`header ${name}: expected a text of one line`)
    text += `${name}: ${value}\r\n`
  }
  return Buffer.from(`${text}\r\n`)
}

/** Decodes a header block. Joins the values of a repeated header with ", " and skips malformed lines. */
export function decodeHeaders(block: Buffer): HeaderBlock {
  const lines = block.toString().split('\r\n')
  const status = STATUS_LINE.exec(lines[0] ?? '')
  let headers: Record<string, string> | undefined
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i]!
    const colon = line.indexOf(':')
    if (colon <= 0) continue
    headers ??= bareRecord()
    const name = line.slice(0, colon)
    const value = line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value
  }
  return {
    ...(status?.[1] !== undefined && { status: Number(status[1]), description: status[2] ?? '' }),
    ...(headers && { headers }),
  }
}
