import { isUtf8 } from 'node:buffer'

/** Up to this length a loop over the bytes is faster than the built-in check. */
const SHORT = 64

/** Whether the bytes from `start` to `end` are UTF-8 (RFC 3629, section 4). */
export function isUtf8Between(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > SHORT) return isUtf8(bytes.subarray(start, end))
  let at = start
  while (at < end) {
    const first = bytes[at++]!
    if (first < 0x80) continue
    const more = first < 0xc2 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 0
    if (more === 0 || end - at < more) return false
    // Excludes overlong forms, surrogates, and code points beyond U+10FFFF.
    const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
    const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
    const second = bytes[at++]!
    if (second < least || second > most) return false
    for (let i = 1; i < more; i++) if ((bytes[at++]! & 0xc0) !== 0x80) return false
  }
  return true
}
