import { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'

/** Of `HTTP/1.1 100`. */
const STATUS_END = 12
const END_OF_HEAD = '\r\n\r\n'
/** A longer head is left to the parser. */
const LONGEST_HEAD = 16 * 1024

/**
 * Takes "100 Continue" out of what is read from a socket: a server may send it unasked (RFC 9110, section 15.2), and
 * undici ends the connection then.
 * @returns to be called when the first bytes of an answer are there, before they are read
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

/** @returns what follows the heads with 100; undefined when nothing does */
function withoutContinue(bytes: Buffer): Buffer | undefined {
  let rest = bytes
  while (isContinue(rest)) {
    const end = rest.indexOf(END_OF_HEAD)
    if (end < 0) return rest
    rest = rest.subarray(end + END_OF_HEAD.length)
  }
  return rest.length === 0 ? undefined : rest
}

/** Whether more has to come before it can be told what it is. */
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
