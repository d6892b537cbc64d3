import { ConnectionError } from '../../../core/errors.js'
import type { SecretMask } from '../../secret-mask.js'

/** What the codes of a close frame mean (RFC 6455, section 7.4, and IANA's registry). */
const MEANINGS: Readonly<Record<number, string>> = {
  1000: 'it was done',
  1001: 'it is going away',
  1002: 'it found a fault in the protocol',
  1003: 'it does not take this kind of data',
  1005: 'it gave no reason',
  1006: 'the connection was cut off',
  1007: 'it could not read our text',
  1008: 'we broke its rules',
  1009: 'a message was too large for it',
  1010: 'it misses an extension',
  1011: 'it failed',
  1012: 'it restarts',
  1013: 'it is overloaded',
  1014: 'a gateway before it failed',
}
/** The service is there and asks for patience. */
const UNAVAILABLE: ReadonlySet<number> = new Set([1012, 1013, 1014])

/** The end of a connection as an error. @param reason as the other side gave it */
export function closeError(
  code: number,
  reason: string,
  { integration, mask }: { readonly integration: string; readonly mask: SecretMask },
): ConnectionError {
  const meaning = MEANINGS[code] ?? 'for a reason of its own'
  const words = mask
    .text(reason)
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 123)
  const text = words === '' ? meaning : `${meaning}: ${words}`
  const context = {
    integration,
    ...(UNAVAILABLE.has(code) && { errorClass: 'service-unavailable' as const }),
  }
  if (code === 1006) return new ConnectionError('the connection was cut off', context)
  return new ConnectionError(`the server closed the connection (${code}): ${text}`, context)
}
