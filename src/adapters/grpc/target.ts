import { lookup } from 'node:dns/promises'
import { isIP, isIPv4 } from 'node:net'
import { ConnectionError } from '../../core/errors.js'
import type { Endpoint, TlsSettings } from '../../core/settings.js'

/** Used where an address names no port. */
const DEFAULT_PORT = 50_051

/** Where a channel goes. */
export interface Target {
  /** In gRPC's name syntax: `dns:host:port`, `ipv4:a:1,b:2` or `unix:path`. */
  readonly uri: string
  /** What messages may show. */
  readonly shown: string
  /** The name in requests and certificates, where the URI does not have it. */
  readonly authority?: string
  /** The host, where there is one alone and it has a name. */
  readonly host?: string
  /** Absent for plain HTTP/2. */
  readonly tls?: TlsSettings
  /** Whether it names several servers. */
  readonly several: boolean
}

interface Place {
  readonly host: string
  readonly port: number
}

/**
 * The target of an endpoint. An address is `host`, `host:port` or a URL with grpc, grpcs, http or https; what it
 * does not say comes from the endpoint. Several names are looked up here, anew for each connection.
 * @throws ConnectionError for an address that cannot be one, or a name that nobody knows
 */
export async function targetOf(endpoint: Endpoint, integration: string): Promise<Target> {
  const { addresses } = endpoint
  const fail = (reason: string, retryable: boolean, cause?: unknown) =>
    new ConnectionError(reason, { integration, retryable, cause })
  if (addresses.length === 0) throw fail('the endpoint has no address', false)
  if (addresses.length === 1 && addresses[0]!.startsWith('unix:')) {
    const tls = endpoint.tls
    return { uri: addresses[0]!, shown: addresses[0]!, several: false, ...(tls && { tls }) }
  }
  const parsed = addresses.map((address) => {
    const place = placeOf(address, endpoint)
    if (place === undefined) throw fail('an address is neither host:port nor a URL with grpc or grpcs', false)
    return place
  })
  const secure = endpoint.tls !== undefined || parsed.some(({ scheme }) => SECURE.test(scheme))
  if (secure && parsed.some(({ scheme }) => PLAIN.test(scheme)))
    throw fail('an address without TLS contradicts the others or the tls block', false)
  const tls = secure ? { tls: endpoint.tls ?? { verifyServer: true } } : {}
  const shown = parsed.map(authorityOf).join(', ')
  const first = parsed[0]!
  if (parsed.length === 1) {
    const host = isIP(first.host) === 0 ? { host: first.host } : {}
    return { uri: uriOf(first), shown, several: false, ...host, ...tls }
  }
  const places = await Promise.all(parsed.map(lookUp)).catch((cause: unknown) => {
    throw fail(`a name among ${shown} could not be looked up`, true, cause)
  })
  const all = places.flat()
  const version4 = all.filter(({ host }) => isIPv4(host))
  const [scheme, chosen] = version4.length > 0 ? ['ipv4', version4] : ['ipv6', all]
  const named = parsed.find(({ host }) => isIP(host) === 0)
  return {
    uri: `${scheme}:${chosen.map(authorityOf).join(',')}`,
    shown,
    several: true,
    ...(named !== undefined && { authority: named.host }),
    ...tls,
  }
}

const SECURE = /^(grpcs|https)$/i
const PLAIN = /^(grpc|http)$/i

function placeOf(address: string, endpoint: Endpoint): (Place & { readonly scheme: string }) | undefined {
  const [, scheme = '', rest = ''] = /^(?:([a-z][a-z\d+.-]*):\/\/)?(.*)$/i.exec(address) ?? []
  if (scheme !== '' && !SECURE.test(scheme) && !PLAIN.test(scheme)) return undefined
  const bare = isIP(rest) === 6 ? `[${rest}]` : rest.replace(/\/$/, '')
  const parts = /^(\[[\da-f:.]+\]|[^\s:/?#@[\]]+)(?::(\d{1,5}))?$/i.exec(bare)
  if (parts === null) return undefined
  const port = Number(parts[2] ?? endpoint.port ?? DEFAULT_PORT)
  return port > 65_535 ? undefined : { scheme, host: parts[1]!.replace(/^\[|\]$/g, ''), port }
}

function authorityOf({ host, port }: Place): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
}

function uriOf(place: Place): string {
  const version = isIP(place.host)
  return `${version === 0 ? 'dns' : `ipv${version}`}:${authorityOf(place)}`
}

async function lookUp({ host, port }: Place): Promise<Place[]> {
  if (isIP(host) !== 0) return [{ host, port }]
  return (await lookup(host, { all: true })).map(({ address }) => ({ host: address, port }))
}
