import type { IncomingMessage } from 'node:http'
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
  /** Returns the headers that handlers can read. */
  forwarded(request: IncomingMessage): Headers | undefined
}

/**
 * Content types of JSON-RPC requests. A browser sends any of these from another site only after a CORS preflight.
 */
const MEDIA_TYPES = /^application\/(?:json|json-rpc|jsonrequest)\s*(?:;|$)/i

const FOREIGN: Refusal = { status: 403, reason: 'pages of this origin may not connect: see "origins"' }
const NOT_POST: Refusal = { status: 405, reason: 'expected a POST', headers: { allow: 'POST' } }
const NOT_JSON: Refusal = { status: 415, reason: 'expected the header "content-type: application/json"' }
const ENCODED: Refusal = { status: 415, reason: 'expected a body without "content-encoding"' }

/** Checks a request or a handshake; returns `undefined` if it is accepted. */
export function refusalOf(
  request: IncomingMessage,
  access: AccessRules,
  kind: 'request' | 'handshake',
): Refusal | undefined {
  const { method, headers } = request
  if (pathOf(request) !== access.path) return { status: 404, reason: 'there is no such path' }
  if (kind === 'handshake') {
    if (!access.webSocket) return { status: 404, reason: 'this server does not speak WebSocket' }
    return isForeign(request, access) ? FOREIGN : undefined
  }
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

function pathOf({ url = '' }: IncomingMessage): string {
  const end = url.search(/[?#]/)
  return end < 0 ? url : url.slice(0, end)
}

/**
 * Tells whether a page of another site opens the WebSocket. Browsers do not restrict that, but send the page's
 * origin.
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
