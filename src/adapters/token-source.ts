import { JwtMint } from './jwt-mint.js'
import { OAuth2Client } from './oauth2-client.js'
import type { TokenContext, TokenSource } from './token.js'
import { TokenCache } from './token-cache.js'

export type { TokenSource } from './token.js'

/**
 * The source of tokens for `auth` of type `bearer`, `jwt` and `oauth2`; undefined for the others.
 * It has no timer of its own: where nobody asks, nothing is done.
 */
export function tokenSource(context: TokenContext): TokenSource | undefined {
  const { auth } = context.settings
  switch (auth.type) {
    case 'bearer':
      return { token: () => Promise.resolve(auth.token), rejected: () => {}, close: () => {} }
    case 'jwt':
      return new TokenCache(context, new JwtMint(auth, context))
    case 'oauth2':
      return new TokenCache(context, new OAuth2Client(auth, context))
    default:
      return undefined
  }
}
