import { Buffer } from 'node:buffer'
import type { Caller, Credentials } from '../core/adapter/authentication.js'
import type { StaticUsers } from '../core/settings/authentication.js'
import { known } from './named-caller.js'
import type { Scheme } from './scheme.js'
import { digestOf, digestOfStored, findByDigests } from './stored-secret.js'

/** Longer credentials are refused unread. */
const LONGEST = 4_096

/** Authenticates callers by user name and password (RFC 7617). */
export function basicScheme({ users }: StaticUsers): Scheme {
  const entries = users.map((user) => ({
    digests: [digestOf(user.subject), digestOfStored(user.secret)],
    value: known(user, 'basic'),
  }))
  return {
    name: 'basic',
    identify({ authorization }: Credentials): Caller {
      if (authorization === undefined || authorization === '') return { kind: 'anonymous' }
      if (authorization.length > LONGEST) return { kind: 'invalid', reason: 'the credentials are too long' }
      const [, encoded] = /^basic ([\w+/-]+={0,2})$/i.exec(authorization) ?? []
      if (encoded === undefined)
        return { kind: 'invalid', reason: 'expected credentials of the scheme Basic' }
      const text = Buffer.from(encoded, 'base64').toString()
      const colon = text.indexOf(':')
      if (colon < 0) return { kind: 'invalid', reason: 'the credentials are malformed' }
      const given = [digestOf(text.slice(0, colon)), digestOf(text.slice(colon + 1))]
      return findByDigests(entries, given) ?? { kind: 'invalid', reason: 'wrong user name or password' }
    },
    close: () => {},
  }
}
