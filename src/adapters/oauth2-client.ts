import type { AuthorizationServer, Client } from 'oauth4webapi'
import { AuthError } from '../core/errors/connection.js'
import { IntegrationError } from '../core/errors/integration-error.js'
import { isLoopback } from '../core/loopback.js'
import type { OAuth2Settings } from '../core/settings/auth.js'
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
      // The message of oauth4webapi may repeat the answer.
      throw new AuthError('the answer of the token endpoint is malformed', {
        integration: name,
      })
    }
  }

  async #grant(signal: AbortSignal): Promise<FreshToken> {
    // Loaded on demand, because few integrations need it and loading it is slow.
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

  /** Checks the URL again, because settings need not come from a checked configuration. */
  #checkUrl(): void {
    const { protocol, hostname } = new URL(this.#settings.tokenUrl)
    if (protocol === 'https:' || this.#settings.allowHttp || isLoopback(hostname)) return
    throw new AuthError('token_url: expected https, or a loopback address', {
      integration: this.#context.settings.name,
    })
  }
}
