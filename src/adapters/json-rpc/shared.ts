import type { IntegrationSettings } from '../../core/settings.js'

/** Whether the endpoint is one of WebSocket; where it is discovered the scheme says so. */
export function isOverWebSocket({
  endpoint,
  discovery,
}: Pick<IntegrationSettings, 'endpoint' | 'discovery'>): boolean {
  if (discovery?.scheme !== undefined) return /^wss?$/i.test(discovery.scheme)
  return endpoint.addresses.some((address) => /^wss?(?::\/\/|\+unix:)/i.test(address))
}
