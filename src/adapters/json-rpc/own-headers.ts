import { SerializeError } from '../../core/errors.js'
import type { Headers } from '../../core/value.js'

/** What a header field may be called and hold (RFC 9110, sections 5.1 and 5.5). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
/** Headers that belong to the connection, not to a request. */
const FRAMING = /^(content-length|transfer-encoding|connection|keep-alive|upgrade|expect|te|trailer|host)$/i

/** Say who we are and what we send: the integration's matter. */
const PROTECTED = new Set(['authorization', 'content-type'])

/**
 * The headers of one request, name after value: its own go before those of the integration.
 * @throws SerializeError for what is no header, or not one that a request may have of its own
 */
export function withOwnHeaders(general: string[], own: Headers | undefined, integration: string): string[] {
  if (own === undefined) return general
  const headers = new Map<string, string>()
  for (const [name, value] of Object.entries(own)) {
    const fault = faultOf(name, value)
    if (fault !== undefined)
      throw new SerializeError(`header ${JSON.stringify(name)}: ${fault}`, { integration })
    headers.set(name.toLowerCase(), value)
  }
  for (let i = 0; i < general.length; i += 2)
    if (!headers.has(general[i]!)) headers.set(general[i]!, general[i + 1]!)
  return [...headers].flat()
}

function faultOf(name: string, value: unknown): string | undefined {
  if (!HEADER_NAME.test(name)) return 'expected the name of an HTTP header'
  if (FRAMING.test(name)) return 'this header belongs to the connection'
  if (PROTECTED.has(name.toLowerCase())) return 'this header is set by the integration'
  if (typeof value !== 'string' || !HEADER_VALUE.test(value))
    return 'expected text that an HTTP header can carry'
  return undefined
}
