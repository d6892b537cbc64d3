import { ConnectionError } from '../../core/errors/connection.js'
import type { Endpoint } from '../../core/settings/endpoint.js'
import { credentialsInside, hasCredentials, maskedAddress } from '../../core/user-info.js'

/** The address of one server: TCP, or a unix socket, whose path is then also in `host`. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** The path of a unix socket. */
  readonly path?: string
  /** The database, if the address names one. */
  readonly database?: number
}

export const DEFAULT_PORT = 6379
export const SENTINEL_PORT = 26379

const HIGHEST_DATABASE = 65_535

/**
 * Parses one address of an endpoint: a host, `host:port`, `unix:/path`, or a URL `redis[s]://host[:port][/database]`. A
 * port in the address overrides the endpoint's port; TLS settings of the endpoint apply to `redis://` too.
 * @throws ConnectionError for any other address; the message never contains a password
 */
export function serverAddress(
  address: string,
  endpoint: Endpoint,
  defaultPort = DEFAULT_PORT,
): ServerAddress {
  if (hasCredentials(address)) throw new ConnectionError(credentialsInside(address), { retryable: false })
  if (address.startsWith('unix:')) return unixAddress(address, endpoint)
  const bareIpv6 = address.includes('::') && !address.includes('[') && !address.includes('//')
  const text = address.includes('://') ? address : `redis://${bareIpv6 ? `[${address}]` : address}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  const known = url?.protocol === 'redis:' || url?.protocol === 'rediss:'
  const database = url === undefined ? undefined : databaseOf(url.pathname)
  if (url === undefined || !known || url.hostname === '' || database === null) throw unknownAddress(address)
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (endpoint.port ?? defaultPort) : Number(url.port),
    tls: url.protocol === 'rediss:' || endpoint.tls !== undefined,
    ...(database !== undefined && { database }),
  }
}

/** Formats an address for messages. */
export function formatAddress({ host, port, path }: ServerAddress): string {
  if (path !== undefined) return `unix:${path}`
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Parses the `host:port` of a MOVED or ASK reply. @returns undefined if it is neither */
export function redirectAddress(text: string, from: ServerAddress): ServerAddress | undefined {
  const colon = text.lastIndexOf(':')
  const port = Number(text.slice(colon + 1))
  if (colon < 0 || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined
  const { path: _, ...same } = from
  // An empty host means the server that sent the reply (Redis Cluster specification).
  return { ...same, host: text.slice(0, colon) || from.host, port }
}

/** Accepts the forms that gRPC accepts: `unix:path`, `unix:/path` and `unix:///path`. */
function unixAddress(address: string, endpoint: Endpoint): ServerAddress {
  const path = address.slice('unix:'.length).replace(/^\/\/(?=\/)/, '')
  if (path === '') throw unknownAddress(address)
  return { host: path, port: 0, tls: endpoint.tls !== undefined, path }
}

/** @returns undefined if the path is empty, null if it is not a database number */
function databaseOf(pathname: string): number | undefined | null {
  const name = pathname.slice(1)
  if (name === '') return undefined
  const database = /^\d{1,5}$/.test(name) ? Number(name) : Number.NaN
  return database <= HIGHEST_DATABASE ? database : null
}

function unknownAddress(address: string): ConnectionError {
  return new ConnectionError(
    'expected a host, host:port, unix:/path, or redis[s]://host[:port][/database] as the address, ' +
      `found ${JSON.stringify(maskedAddress(address))}`,
    { retryable: false },
  )
}
