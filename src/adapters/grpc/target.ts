import { lookup as bySystem, type LookupAddress } from 'node:dns'
import { isIP, isIPv4, type LookupFunction } from 'node:net'
import { ConnectionError } from '../../core/errors/connection.js'
import type { Endpoint } from '../../core/settings/endpoint.js'
import type { TlsSettings } from '../../core/settings/tls.js'
import { credentialsInside, hasCredentials } from '../../core/user-info.js'

/** Port of an address without one. */
const DEFAULT_PORT = 50_051

/** The resolved target of a channel. */
export interface Target {
  /** Target in gRPC's name syntax: `dns:host:port`, `ipv4:a:1,b:2` or `unix:path`. */
  readonly uri: string
  /** Name of the target in messages: its hosts and ports. */
  readonly shown: string
  /** Name for requests and certificates, if the URI does not contain it. */
  readonly authority?: string
  /** The host, if there is only one and it is not an IP address. */
  readonly host?: string
  /** Absent for plain HTTP/2. */
  readonly tls?: TlsSettings
  /** Whether the target names several servers. */
  readonly several: boolean
}

interface HostPort {
  readonly host: string
  readonly port: number
}

/**
 * Resolves the target of an endpoint. An address is `host`, `host:port` or a URL with grpc, grpcs, http or https;
 * the endpoint supplies what it omits. Host names of several addresses are looked up for each connection.
 * @throws ConnectionError if an address is invalid or a name cannot be resolved
 */
export async function targetOf(endpoint: Endpoint, integration: string): Promise<Target> {
  const { addresses, lookup = bySystem as LookupFunction } = endpoint
  const fail = (reason: string, retryable: boolean, cause?: unknown) =>
    new ConnectionError(reason, { integration, retryable, cause })
  if (addresses.length === 0) throw fail('the endpoint has no address', false)
  for (const address of addresses) if (hasCredentials(address)) throw fail(credentialsInside(address), false)
  if (addresses.length === 1 && addresses[0]!.startsWith('unix:')) {
    const tls = endpoint.tls
    return { uri: addresses[0]!, shown: addresses[0]!, several: false, ...(tls && { tls }) }
  }
  const parsed = addresses.map((address) => {
    const hostPort = hostPortOf(address, endpoint)
    if (hostPort === undefined)
      throw fail('endpoint.address: expected host:port or a URL with grpc or grpcs', false)
    return hostPort
  })
  const secure = endpoint.tls !== undefined || parsed.some(({ scheme }) => SECURE.test(scheme))
  if (secure && parsed.some(({ scheme }) => PLAIN.test(scheme)))
    throw fail('endpoint.address: an address without TLS contradicts the tls block or another address', false)
  const tls = secure ? { tls: endpoint.tls ?? { verifyServer: true } } : {}
  const shown = parsed.map(authorityOf).join(', ')
  const first = parsed[0]!
  // grpc-js looks up the name of a single server itself, but only by the system.
  if (parsed.length === 1 && (endpoint.lookup === undefined || isIP(first.host) !== 0)) {
    const host = isIP(first.host) === 0 ? { host: first.host } : {}
    return { uri: uriOf(first), shown, several: false, ...host, ...tls }
  }
  const resolved = await Promise.all(parsed.map((each) => lookUp(each, lookup))).catch((cause: unknown) => {
    throw fail(`cannot resolve a host name of ${shown}`, true, cause)
  })
  const all = resolved.flat()
  const version4 = all.filter(({ host }) => isIPv4(host))
  const [scheme, chosen] = version4.length > 0 ? ['ipv4', version4] : ['ipv6', all]
  const named = parsed.find(({ host }) => isIP(host) === 0)
  return {
    uri: `${scheme}:${chosen.map(authorityOf).join(',')}`,
    shown,
    several: parsed.length > 1,
    ...(named !== undefined && { authority: named.host }),
    ...tls,
  }
}

const SECURE = /^(grpcs|https)$/i
const PLAIN = /^(grpc|http)$/i

function hostPortOf(
  address: string,
  endpoint: Endpoint,
): (HostPort & { readonly scheme: string }) | undefined {
  const [, scheme = '', rest = ''] = /^(?:([a-z][a-z\d+.-]*):\/\/)?(.*)$/i.exec(address) ?? []
  if (scheme !== '' && !SECURE.test(scheme) && !PLAIN.test(scheme)) return undefined
  const bare = isIP(rest) === 6 ? `[${rest}]` : rest.replace(/\/$/, '')
  const parts = /^(\[[\da-f:.]+\]|[^\s:/?#@[\]]+)(?::(\d{1,5}))?$/i.exec(bare)
  if (parts === null) return undefined
  const port = Number(parts[2] ?? endpoint.port ?? DEFAULT_PORT)
  return port > 65_535 ? undefined : { scheme, host: parts[1]!.replace(/^\[|\]$/g, ''), port }
}

function authorityOf({ host, port }: HostPort): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
}

function uriOf(hostPort: HostPort): string {
  const version = isIP(hostPort.host)
  return `${version === 0 ? 'dns' : `ipv${version}`}:${authorityOf(hostPort)}`
}

async function lookUp({ host, port }: HostPort, lookup: LookupFunction): Promise<HostPort[]> {
  if (isIP(host) !== 0) return [{ host, port }]
  const found = await new Promise<readonly LookupAddress[]>((resolve, reject) =>
    lookup(host, { all: true }, (error, addresses) =>
      error === null ? resolve(addresses as LookupAddress[]) : reject(error),
    ),
  )
  return found.map(({ address }) => ({ host: address, port }))
}
