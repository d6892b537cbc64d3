import type { IncomingMessage } from 'node:http'
import type { Headers } from '../../../core/value.js'

/** Why somebody is not let in. */
export interface Refusal {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
}

/** Who is let in. */
export interface Door {
  readonly path: string
  readonly webSocket: boolean
  /** Origins of web pages that may connect, beside our own; `*` for all. */
  readonly origins: readonly string[]
  /** The headers that handlers are to see. */
  forwarded(request: IncomingMessage): Headers | undefined
}

/** What JSON-RPC comes as. A page of another site can send anything else without being asked first. */
const MEDIA_TYPES = /^application\/(?:json|json-rpc|jsonrequest)\s*(?:;|$)/i

/** Why a request or a handshake is not taken; undefined when it is. */
export function refusalOf(
  request: IncomingMessage,
  door: Door,
  kind: 'request' | 'handshake',
): Refusal | undefined {
  const { method, headers } = request
  if (pathOf(request) !== door.path) return { status: 404 }
  if (kind === 'handshake') {
    if (!door.webSocket) return { status: 404 }
    return isForeign(request, door) ? { status: 403 } : undefined
  }
  if (method !== 'POST') return { status: 405, headers: { allow: 'POST' } }
  if (!MEDIA_TYPES.test(headers['content-type'] ?? '')) return { status: 415 }
  const encoding = headers['content-encoding']
  return encoding === undefined || encoding === 'identity' ? undefined : { status: 415 }
}

function pathOf({ url = '' }: IncomingMessage): string {
  const end = url.search(/[?#]/)
  return end < 0 ? url : url.slice(0, end)
}

/** Browsers let every page open a WebSocket to anywhere, and say for which page they do it. */
function isForeign({ headers: { origin, host } }: IncomingMessage, { origins }: Door): boolean {
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return false
  return !URL.canParse(origin) || new URL(origin).host !== host
}

/** Picks headers by their names in lower case. */
export function headerPicker(names: readonly string[]): Door['forwarded'] {
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
