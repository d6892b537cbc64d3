import {
  allowInsecureRequests,
  type Client,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  introspectionRequest,
  processIntrospectionResponse,
} from 'oauth4webapi'
import { sharedController } from '../core/abort.js'
import type { Clock } from '../core/clock.js'
import type { IntrospectionSettings } from '../core/settings/authentication.js'
import { type JsonObject, parseObject } from './json-object.js'
import type { ProviderRequest } from './provider.js'
import { CheckUnavailable, TokenFault } from './token-fault.js'
import type { CheckedToken, TokenCheck } from './token-scheme.js'

/** Asks the authorization server about tokens (RFC 7662). */
export class Introspection implements TokenCheck {
  readonly scheme = 'oauth2'
  readonly generation = 0
  readonly #settings: IntrospectionSettings
  readonly #request: ProviderRequest
  readonly #clock: Clock
  readonly #inFlight = new Set<AbortController>()

  constructor(settings: IntrospectionSettings, request: ProviderRequest, clock: Clock) {
    this.#settings = settings
    this.#request = request
    this.#clock = clock
  }

  /** Answers are remembered for a limited time. */
  keepFresh(): boolean {
    return true
  }

  async check(token: string): Promise<CheckedToken> {
    const stop = sharedController()
    this.#inFlight.add(stop)
    const timer = this.#clock.setTimer(this.#settings.timeoutMs, () => stop.abort(), { background: true })
    let claims: JsonObject
    try {
      claims = await this.#ask(token, stop.signal)
    } catch {
      // Messages of oauth4webapi may repeat the answer.
      throw new CheckUnavailable('the authorization server cannot be asked about the token')
    } finally {
      timer.cancel()
      this.#inFlight.delete(stop)
    }
    return this.#read(claims)
  }

  close(): void {
    for (const stop of this.#inFlight) stop.abort()
  }

  async #ask(token: string, signal: AbortSignal): Promise<JsonObject> {
    const { introspectionUrl, clientId, clientSecret, clientAuth } = this.#settings
    const server = { issuer: new URL(introspectionUrl).origin, introspection_endpoint: introspectionUrl }
    const client: Client = { client_id: clientId }
    const proof = clientAuth === 'post' ? ClientSecretPost(clientSecret) : ClientSecretBasic(clientSecret)
    const answer = await introspectionRequest(server, client, proof, token, {
      [allowInsecureRequests]: introspectionUrl.startsWith('http:'),
      [customFetch]: (url, { method, headers, body }) =>
        this.#request(url, { method, headers, body: String(body) }, signal),
    })
    const object = parseObject(await answer.clone().text())
    // Checks the answer. It would read the last of two members with one name, where a proxy may read the first.
    await processIntrospectionResponse(server, client, answer)
    if (object === undefined) throw new Error('expected an object whose members have different names')
    return object
  }

  #read(claims: JsonObject): CheckedToken {
    const { active, exp, nbf, aud } = claims
    const now = this.#clock.now()
    if (active !== true) throw new TokenFault('the token is not active')
    if (typeof nbf === 'number' && nbf * 1_000 > now) throw new TokenFault('the token is not valid yet')
    if (exp !== undefined && !Number.isFinite(exp))
      throw new TokenFault('the claim "exp" of the token must be a number')
    const expiresAt = typeof exp === 'number' ? exp * 1_000 : Number.POSITIVE_INFINITY
    if (expiresAt <= now) throw new TokenFault('the token has expired')
    const { audiences, cacheForMs } = this.#settings
    const named = Array.isArray(aud) ? aud : [aud]
    if (audiences.length > 0 && !audiences.some((audience) => named.includes(audience)))
      throw new TokenFault('the token is for another audience')
    return { claims, expiresAt, rememberUntil: Math.min(expiresAt, now + cacheForMs) }
  }
}
