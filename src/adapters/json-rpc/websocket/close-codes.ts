import { ConnectionError } from '../../../core/errors/connection.js'
import type { SecretMask } from '../../secret-mask.js'

/** Meanings of close codes (RFC 6455, section 7.4, and IANA's registry). */
const MEANINGS: Readonly<Record<number, string>> = {
  1000: 'normal closure',
  1001: 'it is going away',
  1002: 'it found a protocol error',
  1003: 'it does not accept this kind of data',
  1005: 'it gave no reason',
  1006: 'the connection was lost',
  1007: 'it could not decode our text as UTF-8',
  1008: 'policy violation',
  1009: 'a message was too large for it',
  1010: 'it requires an extension',
  1011: 'internal error',
  1012: 'it restarts',
  1013: 'it is overloaded',
  1014: 'bad gateway',
}
/** Codes of a server that is temporarily unavailable. */
const UNAVAILABLE: ReadonlySet<number> = new Set([1012, 1013, 1014])

/** Converts the end of a connection into an error. @param reason the text that the other side sent */
export function closeError(
  code: number,
  reason: string,
  { integration, mask }: { readonly integration: string; readonly mask: SecretMask },
): ConnectionError {
  const meaning = MEANINGS[code] ?? 'unregistered code'
  const words = mask
    .text(reason)
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 123)
  const text = words === '' ? meaning : `${meaning}: ${words}`
  const context = {
    integration,
    ...(UNAVAILABLE.has(code) && { errorClass: 'service-unavailable' as const }),
  }
  if (code === 1006) return new ConnectionError('the connection was lost', context)
  return new ConnectionError(`the server closed the connection (${code}): ${text}`, context)
}
