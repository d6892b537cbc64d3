import type { IntegrationSettings } from '../../core/settings/integration.js'

/** Valid names of header fields (RFC 9110, section 5.1). */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** Valid values of header fields (RFC 9110, section 5.5). */
export const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** What an invalid header needs, in the configuration or in a single request. */
export const HEADER_FAULTS = {
  name: 'expected the name of an HTTP header',
  framing: 'the HTTP client sets this header; remove it',
  value: 'expected text without control characters or characters beyond Latin-1',
} as const

/** Tells whether the endpoint uses WebSocket; with discovery, `discovery.scheme` decides. */
export function isOverWebSocket({
  endpoint,
  discovery,
}: Pick<IntegrationSettings, 'endpoint' | 'discovery'>): boolean {
  if (discovery?.scheme !== undefined) return /^wss?$/i.test(discovery.scheme)
  return endpoint.addresses.some((address) => /^wss?(?::\/\/|\+unix:)/i.test(address))
}
