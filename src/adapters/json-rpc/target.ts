import { isIPv6, type LookupFunction } from 'node:net'
import { ConnectionError } from '../../core/errors/connection.js'
import type { Endpoint } from '../../core/settings/endpoint.js'
import type { TlsSettings } from '../../core/settings/tls.js'
import { credentialsInside, hasCredentials } from '../../core/user-info.js'
import { isOverWebSocket } from './shared.js'

/** A resolved address to which requests go. */
export interface Target {
  /** Scheme, host and port. */
  readonly origin: string
  /** Name for messages: the origin, or the path of the Unix socket. */
  readonly shown: string
  readonly host: string
  readonly port: number
  readonly path: string
  /** Path of a Unix domain socket, used instead of host and port. */
  readonly socketPath?: string
  /** Absent for plain HTTP. */
  readonly tls?: TlsSettings
  /** See `Endpoint`. */
  readonly lookup?: LookupFunction
}

/**
 * Resolves the addresses of an endpoint, in order. An address is a URL or a bare host; the endpoint supplies a
 * missing scheme or port, and its path overrides the URL's. `unix:/path`, `http+unix:/path` and `ws+unix:/path`
 * name a local socket; a URL path may follow after a colon.
 * @throws ConnectionError, not retryable, if an address is invalid
 */
export function targetsOf(endpoint: Endpoint, integration: string): readonly Target[] {
  try {
    if (endpoint.addresses.length === 0) throw new Error('the endpoint has no address')
    return endpoint.addresses.map((address) => targetOf(address, endpoint))
  } catch (error) {
    throw new ConnectionError((error as Error).message, { integration, retryable: false })
  }
}

/** Returns the options of a connector that say where to connect, besides host and port. */
export function placeOf({ socketPath, lookup }: Target): Pick<Target, 'socketPath' | 'lookup'> {
  return { ...(socketPath !== undefined && { socketPath }), ...(lookup !== undefined && { lookup }) }
}

const UNIX = /^(?:(http|https|ws|wss)\+)?unix:(?:\/\/)?([^:]+)(?::(\/.*))?$/

function targetOf(address: string, endpoint: Endpoint): Target {
  if (hasCredentials(address)) throw new Error(credentialsInside(address))
  const unix = UNIX.exec(address)
  if (unix === null) return urlTargetOf(address, endpoint)
  const [, scheme = endpoint.tls === undefined ? 'http' : 'https', socketPath = '', path = '/'] = unix
  const target = urlTargetOf(`${scheme}://localhost${path}`, endpoint)
  return { ...target, shown: `unix:${socketPath}`, socketPath }
}

function urlTargetOf(address: string, endpoint: Endpoint): Target {
  const url = urlOf(address, endpoint.tls !== undefined)
  const [plain, safe] = isOverWebSocket({ endpoint }) ? ['ws', 'wss'] : ['http', 'https']
  const scheme = url.protocol.slice(0, -1)
  const secure = scheme === safe
  if (!secure && scheme !== plain)
    throw new Error(
      `expected an address with ${plain} or ${safe}, found the scheme ${JSON.stringify(scheme)}`,
    )
  if (!secure && endpoint.tls !== undefined)
    throw new Error(`the address ${plain}://${url.host} contradicts tls: write ${safe}, or leave tls out`)
  if (url.port === '' && endpoint.port !== undefined) url.port = String(endpoint.port)
  return {
    origin: url.origin,
    shown: url.origin,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: pathOf(url, endpoint.path),
    ...(secure && { tls: endpoint.tls ?? { verifyServer: true } }),
    ...(endpoint.lookup && { lookup: endpoint.lookup }),
  }
}

function urlOf(address: string, secure: boolean): URL {
  const bare = isIPv6(address) ? `[${address}]` : address
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(address) ? address : `${secure ? 'https' : 'http'}://${bare}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  // The message omits the address, because it may contain a password.
  if (url === undefined || url.hostname === '')
    throw new Error('endpoint.address: expected a URL or a host name')
  return url
}

function pathOf(url: URL, path: string | undefined): string {
  if (path === undefined) return url.pathname + url.search
  const full = `${url.origin}${path.startsWith('/') ? '' : '/'}${path}`
  if (!URL.canParse(full)) throw new Error('endpoint.path: expected the path of a URL')
  const { pathname, search } = new URL(full)
  return pathname + search
}
