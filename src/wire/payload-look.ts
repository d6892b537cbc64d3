import { isUtf8 } from 'node:buffer'

/** The longest payload that is parsed. A longer one is judged by its first characters, which is enough for a hint. */
const MOST_PARSED = 65_536
/** The start of a JSON text, after white space (RFC 8259, section 2). */
const JSON_BEGINS = /^[\t\n\r ]*(?:[{["\-\d]|true|false|null)/
const PRINTABLE = /^[^\p{Cc}\p{Cn}\p{Co}]+[\r\n]*$/u

/** Guesses the format of a payload that could not be decoded, for a hint; `undefined` if it is neither. */
export function lookOf(bytes: Uint8Array): 'JSON' | 'plain text' | undefined {
  const head = bytes.length > MOST_PARSED ? bytes.subarray(0, 64) : bytes
  if (!isUtf8(bytes)) return undefined
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString()
  if (JSON_BEGINS.test(text) && (head.length < bytes.length || isJson(text))) return 'JSON'
  return PRINTABLE.test(text) ? 'plain text' : undefined
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
