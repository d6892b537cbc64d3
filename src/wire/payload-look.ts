import { isUtf8 } from 'node:buffer'

/** Of a longer payload only the first byte is looked at: it is a guess for an error message. */
const MOST_PARSED = 65_536
/** What a JSON text begins with, after white space (RFC 8259, section 2). */
const JSON_BEGINS = /^[\t\n\r ]*(?:[{["\-\d]|true|false|null)/
const PRINTABLE = /^[^\p{Cc}\p{Cn}\p{Co}]+[\r\n]*$/u

/** What a payload that could not be decoded looks like; `undefined` for any other bytes. */
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
