import type { AuthorizationServer, Client } from 'oauth4webapi'
import { AuthError, IntegrationError } from '../core/errors.js'
import { isLoopback } from '../core/loopback.js'
import type { OAuth2Settings } from '../core/settings.js'
import { readGrant, refusalOf } from './oauth2-answer.js'
import type { FreshToken, TokenContext, TokenMaker } from './token.js'

/** Gets tokens from an authorization server by the client credentials grant (RFC 6749, section 4.4). */
export class OAuth2Client implements Pick<TokenMaker, 'make'> {
  readonly #settings: OAuth2Settings
  readonly #context: TokenContext

  constructor(settings: OAuth2Settings, context: TokenContext) {
    this.#settings = settings
    this.#context = context
  }

  async make(signal: AbortSignal): Promise<FreshToken> {
    const { name } = this.#context.settings
    this.#checkUrl()
    try {
      return await this.#grant(signal)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (error instanceof IntegrationError) throw error
      // What the library says of a malformed answer may repeat it.
      throw new AuthError('the token endpoint answers with something else than a token', {
        integration: name,
      })
    }
  }

  async #grant(signal: AbortSignal): Promise<FreshToken> {
    // Most integrations do without: loading it takes longer than connecting.
    const [oauth, { tokenRequest }] = await Promise.all([
      import('oauth4webapi'),
      import('./token-request.js'),
    ])
    const { tokenUrl, clientId, clientSecret, clientAuth, scopes, audience } = this.#settings
    const { clock, settings } = this.#context
    const server: AuthorizationServer = { issuer: new URL(tokenUrl).origin, token_endpoint: tokenUrl }
    const client: Client = { client_id: clientId }
    const proof = clientAuth === 'post' ? oauth.ClientSecretPost : oauth.ClientSecretBasic
    const parameters = {
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
      ...(audience !== undefined && { audience }),
    }
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      proof(clientSecret),
      parameters,
      {
        [oauth.allowInsecureRequests]: tokenUrl.startsWith('http:'),
        [oauth.customFetch]: (url, { method, headers, body }) =>
          tokenRequest(
            url,
            { method, headers, body: String(body) },
            settings.endpoint.tls,
            settings.name,
            signal,
          ),
      },
    )
    const refusal = await refusalOf(response, settings.name, () => clock.now())
    if (refusal !== undefined) throw refusal
    return readGrant(await oauth.processClientCredentialsResponse(server, client, response), settings.name)
  }

  /** The configuration has seen to it; settings from elsewhere are held to it, too. */
  #checkUrl(): void {
    const { protocol, hostname } = new URL(this.#settings.tokenUrl)
    if (protocol === 'https:' || this.#settings.allowHttp || isLoopback(hostname)) return
    throw new AuthError('a token is asked for over https, or on this machine', {
      integration: this.#context.settings.name,
    })
  }
}
