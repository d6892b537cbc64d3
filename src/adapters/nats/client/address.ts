import { ConnectionError } from '../../../core/errors.js'
import type { Endpoint } from '../../../core/settings.js'

/** Where one server is reached. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
  /** The name that its certificate must have. */
  readonly serverName: string
  /** Whether the address itself asks for TLS. */
  readonly secure: boolean
}

const DEFAULT_PORT = 4222
const SCHEMES: ReadonlySet<string> = new Set(['nats:', 'tcp:', 'tls:'])

/** How messages name a server. */
export function whereOf({ host, port }: ServerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/**
 * Reads one address of an endpoint: a host, `host:port`, or a URL of `nats`, `tcp` or `tls`. A port in the address
 * goes before the endpoint's.
 * @throws ConnectionError when it is none of these
 */
export function serverAddress(address: string, endpoint: Pick<Endpoint, 'port'>): ServerAddress {
  const bareIpv6 = address.includes('::') && !address.includes('[') && !address.includes('//')
  const text = address.includes('://') ? address : `nats://${bareIpv6 ? `[${address}]` : address}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !SCHEMES.has(url.protocol) || url.hostname === '')
    throw new ConnectionError(
      `expected a host or a nats or tls URL as the address, found ${JSON.stringify(hidePassword(address))}`,
      { retryable: false },
    )
  if (url.username !== '' || url.password !== '')
    throw new ConnectionError('credentials belong into the auth block, not into the address', {
      retryable: false,
    })
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = url.port === '' ? (endpoint.port ?? DEFAULT_PORT) : Number(url.port)
  return { host, port, serverName: host, secure: url.protocol === 'tls:' }
}

function hidePassword(address: string): string {
  return address.replace(/\/\/[^@/]*@/, '//***@')
}
