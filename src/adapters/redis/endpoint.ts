import { ConnectionError } from '../../core/errors.js'
import type { Endpoint } from '../../core/settings.js'

/** Where one server is reached. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
  readonly tls: boolean
}

export const DEFAULT_PORT = 6379
export const SENTINEL_PORT = 26379

/**
 * Reads one address of an endpoint: a host, `host:port`, or a URL of `redis` or `rediss` without credentials. A
 * port in the address goes before the endpoint's; TLS settings make a plain connection a secure one.
 * @throws ConnectionError when it is none of these; it never shows a password.
 */
export function serverAddress(
  address: string,
  endpoint: Endpoint,
  defaultPort = DEFAULT_PORT,
): ServerAddress {
  const bareIpv6 = address.includes('::') && !address.includes('[') && !address.includes('//')
  const text = address.includes('://') ? address : `redis://${bareIpv6 ? `[${address}]` : address}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  const known = url?.protocol === 'redis:' || url?.protocol === 'rediss:'
  if (url === undefined || !known || url.hostname === '' || url.username !== '' || url.password !== '')
    throw new ConnectionError(
      'expected a host, host:port, or a redis or rediss URL without credentials (those belong in auth) as the ' +
        `address, found ${JSON.stringify(hideCredentials(address))}`,
      { retryable: false },
    )
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (endpoint.port ?? defaultPort) : Number(url.port),
    tls: url.protocol === 'rediss:' || endpoint.tls !== undefined,
  }
}

/** An address for people. */
export function formatAddress({ host, port }: Pick<ServerAddress, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Reads `host:port` as a server of a cluster writes it in MOVED; undefined when it is not one. */
export function redirectAddress(text: string, from: ServerAddress): ServerAddress | undefined {
  const colon = text.lastIndexOf(':')
  const port = Number(text.slice(colon + 1))
  if (colon < 0 || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined
  // An empty host stands for the server that answers.
  return { host: text.slice(0, colon) || from.host, port, tls: from.tls }
}

function hideCredentials(address: string): string {
  return address.replace(/\/\/.*@/, '//***@')
}
