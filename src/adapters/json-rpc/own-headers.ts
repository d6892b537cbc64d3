import { SerializeError } from '../../core/errors/operation.js'
import type { Headers } from '../../core/value.js'
import { HEADER_FAULTS, HEADER_NAME, HEADER_VALUE } from './shared.js'

/** Headers that control the connection, not a request. */
const FRAMING = /^(content-length|transfer-encoding|connection|keep-alive|upgrade|expect|te|trailer|host)$/i

/** Headers that only the integration sets. */
const PROTECTED = new Set(['authorization', 'content-type'])

/**
 * Merges the headers of one request into those of the integration; the request's override. The list is name, value,
 * name, value.
 * @throws SerializeError if a header is malformed or must not be set per request
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
  if (!HEADER_NAME.test(name)) return HEADER_FAULTS.name
  if (FRAMING.test(name)) return HEADER_FAULTS.framing
  if (PROTECTED.has(name.toLowerCase())) return 'the integration sets this header; remove it'
  if (typeof value !== 'string' || !HEADER_VALUE.test(value)) return HEADER_FAULTS.value
  return undefined
}
