import type { Caller } from '../core/adapter/authentication.js'
import type { Identity } from '../core/identity.js'
import type { NamedCaller } from '../core/settings/authentication.js'

/** The caller that an entry of the configuration names. */
export function known(
  { subject, scopes, roles }: Pick<NamedCaller, 'subject' | 'scopes' | 'roles'>,
  scheme: Identity['scheme'],
): Caller {
  return {
    kind: 'known',
    identity: { subject, scopes, roles, claims: {}, scheme },
    expiresAt: Number.POSITIVE_INFINITY,
  }
}
