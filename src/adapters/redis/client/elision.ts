import { systemRandom } from '../../../core/random.js'

/** Replaces a string in a reply that was too large to read. It is random, so that no server or sender can forge it. */
const TOKEN = Buffer.from(`nemo-elided:${systemRandom.bytes(16).toString('hex')}:`, 'latin1')
const DIGITS = 15
const LENGTH = TOKEN.length + DIGITS

/** The size of an elided string in a reply, including its header and line ends. */
export const ELIDED_BYTES = `$${LENGTH}\r\n`.length + LENGTH + 2

/** Encodes a bulk string that states the size of the string it replaces. */
export function elidedText(size: number): Buffer {
  const digits = String(size).padStart(DIGITS, '0')
  return Buffer.concat([Buffer.from(`$${LENGTH}\r\n`), TOKEN, Buffer.from(`${digits}\r\n`)])
}

/** Returns the size of the string that an elision replaces, or undefined for any other string. */
export function elidedSize(text: unknown): number | undefined {
  if (
    !Buffer.isBuffer(text) ||
    text.length !== LENGTH ||
    text.compare(TOKEN, 0, TOKEN.length, 0, TOKEN.length) !== 0
  )
    return undefined
  return Number(text.toString('latin1', TOKEN.length))
}
