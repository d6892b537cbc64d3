import { ConnectionError } from '../../../core/errors/connection.js'
import type { Endpoint } from '../../../core/settings/endpoint.js'
import { credentialsInside, hasCredentials, maskedAddress } from '../../../core/user-info.js'

/** The address of one server. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
  /** The name that its certificate must have. */
  readonly serverName: string
  /** Whether the address requires TLS. */
  readonly secure: boolean
}

const DEFAULT_PORT = 4222
const SCHEMES: ReadonlySet<string> = new Set(['nats:', 'tcp:', 'tls:'])

/** Formats a server's address for messages. */
export function whereOf({ host, port }: ServerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/**
 * Parses one address of an endpoint: a host, `host:port`, or a URL with `nats`, `tcp` or `tls`. A port in the address
 * overrides the endpoint's port.
 * @throws ConnectionError for any other address; the message never contains a password
 */
export function serverAddress(address: string, endpoint: Pick<Endpoint, 'port'>): ServerAddress {
  if (hasCredentials(address)) throw new ConnectionError(credentialsInside(address), { retryable: false })
  const bareIpv6 = address.includes('::') && !address.includes('[') && !address.includes('//')
  const text = address.includes('://') ? address : `nats://${bareIpv6 ? `[${address}]` : address}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !SCHEMES.has(url.protocol) || url.hostname === '')
    throw new ConnectionError(
      `expected a host, host:port, or a nats, tcp or tls URL as the address, found ${JSON.stringify(maskedAddress(address))}`,
      { retryable: false },
    )
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = url.port === '' ? (endpoint.port ?? DEFAULT_PORT) : Number(url.port)
  return { host, port, serverName: host, secure: url.protocol === 'tls:' }
}
