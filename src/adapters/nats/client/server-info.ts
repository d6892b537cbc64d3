import { MalformedProtocol } from './parser.js'

/** The fields of INFO that the client uses (NATS client protocol). */
export interface ServerInfo {
  readonly version: string
  readonly headers: boolean
  readonly jetstream: boolean
  readonly tlsRequired: boolean
  readonly tlsAvailable: boolean
  /** Maximum size of headers and payload of one message, in bytes. */
  readonly maxPayload: number
  /** To be signed by clients with a key. */
  readonly nonce: string | undefined
  /** The other servers of the cluster, as `host:port`. */
  readonly connectUrls: readonly string[]
  /** Whether the server is shutting down and its clients should leave. */
  readonly lameDuck: boolean
}

const DEFAULT_MAX_PAYLOAD = 1_048_576
const MOST_URLS = 1_000

/** Parses INFO. @throws MalformedProtocol */
export function parseInfo(text: string): ServerInfo {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new MalformedProtocol('INFO that is not JSON')
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new MalformedProtocol('INFO that is not an object')
  const info = json as Record<string, unknown>
  const urls = Array.isArray(info.connect_urls) ? info.connect_urls : []
  return {
    version: typeof info.version === 'string' ? info.version : '0.0.0',
    headers: info.headers === true,
    jetstream: info.jetstream === true,
    tlsRequired: info.tls_required === true,
    tlsAvailable: info.tls_available === true,
    maxPayload:
      typeof info.max_payload === 'number' && info.max_payload > 0 ? info.max_payload : DEFAULT_MAX_PAYLOAD,
    nonce: typeof info.nonce === 'string' ? info.nonce : undefined,
    connectUrls: urls.filter((url) => typeof url === 'string').slice(0, MOST_URLS),
    lameDuck: info.ldm === true,
  }
}

/** Returns whether `version` is at least `least`, such as `2.10.4`. */
export function isAtLeast(version: string, least: string): boolean {
  const [have, want] = [version, least].map((text) => text.split(/[.-]/).slice(0, 3).map(Number))
  for (let i = 0; i < 3; i++) {
    const difference = (have![i] || 0) - (want![i] || 0)
    if (difference !== 0) return difference > 0
  }
  return true
}
