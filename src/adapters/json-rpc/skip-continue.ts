import { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'

/** Length of `HTTP/1.1 100`. */
const STATUS_END = 12
const END_OF_HEAD = '\r\n\r\n'
/** Longest head that is searched, in bytes; undici's parser handles a longer one. */
const LONGEST_HEAD = 16 * 1024

/**
 * Removes "100 Continue" from the bytes read from a socket. A server may send it unasked (RFC 9110, section 15.2),
 * and undici would close the connection.
 * @returns a function to call when the first bytes of an answer have arrived, before they are read
 */
export function skipContinue(socket: Socket): () => void {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null
  let isBeginning = false
  let before: Buffer | undefined
  socket.read = (size?: number) => {
    const chunk = read(size)
    if (!isBeginning || chunk === null) return chunk
    const bytes = before === undefined ? chunk : Buffer.concat([before, chunk])
    const rest = withoutContinue(bytes)
    before = rest
    if (rest === undefined || isIncomplete(rest)) return null
    before = undefined
    isBeginning = false
    return rest
  }
  return () => {
    isBeginning = true
  }
}

/** Skips heads with the status 100. @returns the bytes that follow; `undefined` if there are none */
function withoutContinue(bytes: Buffer): Buffer | undefined {
  let rest = bytes
  while (isContinue(rest)) {
    const end = rest.indexOf(END_OF_HEAD)
    if (end < 0) return rest
    rest = rest.subarray(end + END_OF_HEAD.length)
  }
  return rest.length === 0 ? undefined : rest
}

/** Tells whether more bytes are needed to decide. */
function isIncomplete(bytes: Buffer): boolean {
  if (bytes.length < STATUS_END) return 'HTTP/1.1 100'.startsWith(bytes.toString('latin1'))
  return isContinue(bytes) && bytes.length < LONGEST_HEAD
}

function isContinue(bytes: Buffer): boolean {
  return (
    bytes.length >= STATUS_END &&
    bytes[9] === 0x31 &&
    bytes[10] === 0x30 &&
    bytes[11] === 0x30 &&
    bytes.toString('latin1', 0, 7) === 'HTTP/1.'
  )
}
