import type { TokenContext, TokenMaker, TokenSource } from './token.js'
import { TokenCache } from './token-cache.js'

export type { TokenSource } from './token.js'

/**
 * Makes the token source for `auth` of type `bearer`, `jwt` or `oauth2`; `undefined` for other types. It has no
 * timer: tokens are made only on request.
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

/** Makes a token maker that loads its code on first use, because most integrations do not need it. */
function loadedWithUse(operation: string, load: () => Promise<Pick<TokenMaker, 'make'>>): TokenMaker {
  return { operation, make: async (signal) => (await load()).make(signal) }
}
