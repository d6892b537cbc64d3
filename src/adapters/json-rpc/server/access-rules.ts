import type { IncomingMessage } from 'node:http'
import { isLoopback } from '../../../core/loopback.js'
import type { Headers } from '../../../core/value.js'

/** The HTTP answer to a request or handshake that is refused. */
export interface Refusal {
  readonly status: number
  /** What was expected, for the person who reads the answer. */
  readonly reason: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Rules for accepting requests and handshakes. */
export interface AccessRules {
  readonly path: string
  readonly webSocket: boolean
  /** Origins of web pages that may connect, in addition to the server's own; `*` allows all. */
  readonly origins: readonly string[]
  /** Names that the `Host` header may have; empty allows all. */
  readonly hosts: HostRule
  /** Returns the headers that handlers can read. */
  forwarded(request: IncomingMessage): Headers | undefined
}

/** Tells whether a request may name the host, without its port. */
export type HostRule = (host: string) => boolean

/**
 * Content types of JSON-RPC requests. A browser sends any of these from another site only after a CORS preflight.
 */
const MEDIA_TYPES = /^application\/(?:json|json-rpc|jsonrequest)\s*(?:;|$)/i

const FOREIGN: Refusal = { status: 403, reason: 'pages of this origin may not connect: see "origins"' }
const MISDIRECTED: Refusal = {
  status: 421,
  reason: 'this server may not be called by this host: see "hosts"',
}
const NO_HOST: Refusal = { status: 400, reason: 'expected the header "host"' }
const AMBIGUOUS: Refusal = {
  status: 400,
  reason: 'expected one header "host", and no other transfer coding than chunks',
}
const NOT_POST: Refusal = { status: 405, reason: 'expected a POST', headers: { allow: 'POST' } }
const NOT_JSON: Refusal = { status: 415, reason: 'expected the header "content-type: application/json"' }
const ENCODED: Refusal = { status: 415, reason: 'expected a body without "content-encoding"' }
const NO_PATH: Refusal = { status: 404, reason: 'there is no such path' }

/**
 * Checks the host and the origin of a request or a handshake; returns `undefined` if both are accepted. Whatever the
 * request asks for, these are checked first.
 */
export function foreignRefusalOf(request: IncomingMessage, access: AccessRules): Refusal | undefined {
  const host = hostOf(request.headers.host)
  if (host === undefined && request.httpVersion !== '1.0') return NO_HOST
  if (isAmbiguous(request)) return AMBIGUOUS
  if (!access.hosts(host ?? '')) return MISDIRECTED
  return isForeign(request, access) ? FOREIGN : undefined
}

/** Checks a request or a handshake; returns `undefined` if it is accepted. */
export function refusalOf(
  request: IncomingMessage,
  access: AccessRules,
  kind: 'request' | 'handshake',
): Refusal | undefined {
  const { method, headers } = request
  const foreign = foreignRefusalOf(request, access)
  if (foreign !== undefined) return foreign
  if (pathOf(request) !== access.path) return NO_PATH
  if (kind === 'handshake')
    return access.webSocket ? undefined : { status: 404, reason: 'this server does not speak WebSocket' }
  if (method !== 'POST') return NOT_POST
  if (!MEDIA_TYPES.test(headers['content-type'] ?? '')) return NOT_JSON
  const encoding = headers['content-encoding']
  return encoding === undefined || encoding === 'identity' ? undefined : ENCODED
}

/** Builds the headers of a refusal. It closes the connection, since the rest of the request is not read. */
export function headersOf({ reason, headers }: Refusal): Record<string, string> {
  return {
    connection: 'close',
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(Buffer.byteLength(reason)),
    ...headers,
  }
}

/** The path of a request, without its query. */
export function pathOf({ url = '' }: IncomingMessage): string {
  const end = url.search(/[?#]/)
  return end < 0 ? url : url.slice(0, end)
}

/**
 * Makes the rule for the `Host` header. A web page can make its own name resolve to a loopback address and then call
 * the server with the rights of this machine (DNS rebinding), so that a loopback server accepts only loopback names.
 * @param address where the server listens
 */
export function hostRule(hosts: readonly string[], address: string): HostRule {
  if (hosts.includes('*')) return () => true
  const isLocal = isLoopback(address)
  if (hosts.length === 0 && !isLocal) return () => true
  return (host) => hosts.includes(host) || (isLocal && (isLoopback(host) || host.endsWith('.localhost')))
}

/** The name in a `Host` header, without its port. */
function hostOf(header: string | undefined): string | undefined {
  if (header === undefined || header === '') return undefined
  return header.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '')
}

/**
 * Tells whether a page of another site sends the request. Browsers let pages open WebSockets to every site, but send the
 * origin of the page.
 */
function isForeign({ headers: { origin, host } }: IncomingMessage, { origins }: AccessRules): boolean {
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return false
  return !URL.canParse(origin) || new URL(origin).host !== host
}

/** Makes a function that picks headers by their lower-case names. */
export function headerPicker(names: readonly string[]): AccessRules['forwarded'] {
  if (names.length === 0) return () => undefined
  return ({ headers }) => {
    const picked: Record<string, string> = {}
    for (const name of names) {
      const value = headers[name]
      if (value !== undefined) picked[name] = Array.isArray(value) ? value.join(', ') : value
    }
    return picked
  }
}

const HOST = 'host'

/**
 * Whether a proxy may understand the request in another way than this server: Node uses the first of several hosts, and
 * reads chunks whatever other coding they have.
 */
function isAmbiguous({ headers, rawHeaders }: IncomingMessage): boolean {
  const coding = headers['transfer-encoding']
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return true
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!
    // Nearly all other names have another length.
    if (name.length === HOST.length && name.toLowerCase() === HOST) hosts++
  }
  return hosts > 1
}
