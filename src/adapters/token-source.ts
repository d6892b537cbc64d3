import type { TokenContext, TokenMaker, TokenSource } from './token.js'
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
      return new TokenCache(
        context,
        loadedWithUse('minting a token', async () => {
          const { JwtMint } = await import('./jwt-mint.js')
          return new JwtMint(auth, context)
        }),
      )
    case 'oauth2':
      return new TokenCache(
        context,
        loadedWithUse('asking for a token', async () => {
          const { OAuth2Client } = await import('./oauth2-client.js')
          return new OAuth2Client(auth, context)
        }),
      )
    default:
      return undefined
  }
}

/** Most integrations do without, and need not carry the code. */
function loadedWithUse(operation: string, load: () => Promise<Pick<TokenMaker, 'make'>>): TokenMaker {
  return { operation, make: async (signal) => (await load()).make(signal) }
}
