import type { Caller, Credentials } from '../core/adapter/authentication.js'
import type { StaticTokens } from '../core/settings/authentication.js'
import { known } from './named-caller.js'
import type { Scheme } from './scheme.js'
import { digestOf, digestOfStored, findByDigests } from './stored-secret.js'

/** Authenticates callers by fixed tokens (RFC 6750). */
export function bearerScheme({ tokens, maxToken }: StaticTokens): Scheme {
  const entries = tokens.map((entry) => ({
    digests: [digestOfStored(entry.secret)],
    value: known(entry, 'bearer'),
  }))
  return {
    name: 'bearer',
    identify({ authorization }: Credentials): Caller {
      if (authorization === undefined || authorization === '') return { kind: 'anonymous' }
      const [, token] = /^bearer (.+)$/i.exec(authorization) ?? []
      if (token === undefined) return { kind: 'invalid', reason: 'expected a token of the scheme Bearer' }
      if (token.length > maxToken) return { kind: 'invalid', reason: 'the token is too long' }
      return (
        findByDigests(entries, [digestOf(token)]) ?? { kind: 'invalid', reason: 'the token is not valid' }
      )
    },
    close: () => {},
  }
}
