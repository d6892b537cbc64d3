import { isLoopback } from '../core/loopback.js'
import type { KeySettings } from '../core/settings/authentication.js'
import type { Value } from '../core/value.js'
import { type JsonObject, parseObject } from './json-object.js'
import type { FetchKeys } from './key-set.js'

/** Sends a request to an identity provider and reads the whole answer, which is bounded. Follows no redirects. */
export type ProviderRequest = (
  url: string,
  request: {
    readonly method: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  },
  signal: AbortSignal,
) => Promise<Response>

/** Fetches the keys of a provider. */
export function fetchKeys(
  settings: Extract<KeySettings, { readonly kind: 'jwks' | 'issuer' }>,
  request: ProviderRequest,
): FetchKeys {
  return async (signal) => {
    const url = settings.kind === 'jwks' ? settings.url : await keysOf(settings.issuer, request, signal)
    const { keys } = await documentAt(url, request, signal)
    if (!Array.isArray(keys)) throw new Error(`expected a key set at ${originOf(url)}`)
    return { keys: keys as readonly Value[] }
  }
}

/** Asks an issuer where its keys are: by OpenID Connect Discovery, then by RFC 8414. */
async function keysOf(issuer: string, request: ProviderRequest, signal: AbortSignal): Promise<string> {
  const base = issuer.replace(/\/$/, '')
  const { origin, pathname } = new URL(base)
  const places = [
    `${base}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${pathname === '/' ? '' : pathname}`,
  ]
  let fault: unknown
  for (const place of places)
    try {
      const { issuer: named, jwks_uri: keys } = await documentAt(place, request, signal)
      // The document of another issuer would give its keys to this one (RFC 8414, section 3.3).
      if (named !== issuer) throw new Error('the document of the issuer is for another issuer')
      if (typeof keys !== 'string' || !isSafe(keys)) throw new Error('expected an https URL in "jwks_uri"')
      return keys
    } catch (error) {
      signal.throwIfAborted()
      fault ??= error
    }
  throw fault
}

/** Whether a URL is https, or of this machine. */
function isSafe(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

async function documentAt(url: string, request: ProviderRequest, signal: AbortSignal): Promise<JsonObject> {
  const answer = await request(
    url,
    { method: 'GET', headers: { accept: 'application/json' }, body: '' },
    signal,
  )
  if (answer.status !== 200) throw new Error(`${originOf(url)} has answered with HTTP ${answer.status}`)
  const document = parseObject(await answer.text())
  if (document === undefined) throw new Error(`expected a JSON object from ${originOf(url)}`)
  return document
}

function originOf(url: string): string {
  return new URL(url).origin
}
