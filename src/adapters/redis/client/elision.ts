import { systemRandom } from '../../../core/random.js'

/**
 * What stands in a reply for a text that was too large to be read. The token is random, so no server and no sender
 * can write it.
 */
const TOKEN = Buffer.from(`nemo-elided:${systemRandom.bytes(16).toString('hex')}:`, 'latin1')
const DIGITS = 15
const LENGTH = TOKEN.length + DIGITS

/** Bytes that a text takes in a reply once it has been elided, header and line ends included. */
export const ELIDED_BYTES = `$${LENGTH}\r\n`.length + LENGTH + 2

/** A bulk string that says how large the text was which it replaces. */
export function elidedText(size: number): Buffer {
  const digits = String(size).padStart(DIGITS, '0')
  return Buffer.concat([Buffer.from(`$${LENGTH}\r\n`), TOKEN, Buffer.from(`${digits}\r\n`)])
}

/** The size of the text that an elision replaces; undefined for any other text. */
export function elidedSize(text: unknown): number | undefined {
  if (
    !Buffer.isBuffer(text) ||
    text.length !== LENGTH ||
    text.compare(TOKEN, 0, TOKEN.length, 0, TOKEN.length) !== 0
  )
    return undefined
  return Number(text.toString('latin1', TOKEN.length))
}
