import type { Caller } from '../core/adapter/authentication.js'
import type { Identity } from '../core/identity.js'
import type { AccessRule } from '../core/settings/authentication.js'

/** Whether a rule lets a caller call a method, or what is missing. */
export type Verdict =
  | { readonly kind: 'allowed'; readonly identity?: Identity }
  | { readonly kind: 'unauthenticated'; readonly reason: string }
  | { readonly kind: 'forbidden'; readonly reason: string; readonly scopes: readonly string[] }
  | { readonly kind: 'unavailable'; readonly reason: string }

/** Decides whether a caller may call a method with that rule. @param now epoch milliseconds */
export function decide(rule: AccessRule, caller: Caller, now: number): Verdict {
  const current = caller.kind === 'known' && caller.expiresAt <= now ? EXPIRED : caller
  // Credentials that are not asked for cannot be wrong.
  if (rule.auth === 'none')
    return current.kind === 'known' ? { kind: 'allowed', identity: current.identity } : { kind: 'allowed' }
  switch (current.kind) {
    case 'unavailable':
      return { kind: 'unavailable', reason: current.reason }
    case 'invalid':
      return { kind: 'unauthenticated', reason: current.reason }
    case 'anonymous':
      if (rule.auth === 'required' || needsGrant(rule))
        return { kind: 'unauthenticated', reason: 'the caller has presented no credentials' }
      return { kind: 'allowed' }
    case 'known':
      return decideKnown(rule, current.identity)
  }
}

const EXPIRED: Caller = { kind: 'invalid', reason: 'the token has expired' }

function decideKnown(rule: AccessRule, identity: Identity): Verdict {
  const missing = rule.scopes.filter((scope) => !identity.scopes.includes(scope))
  if (missing.length > 0)
    return {
      kind: 'forbidden',
      reason: `the caller lacks the scope "${missing.join(' ')}"`,
      scopes: rule.scopes,
    }
  if (rule.roles.length > 0 && !rule.roles.some((role) => identity.roles.includes(role)))
    return {
      kind: 'forbidden',
      reason: `the caller lacks the role "${rule.roles.join('" or "')}"`,
      scopes: rule.scopes,
    }
  return { kind: 'allowed', identity }
}

function needsGrant({ scopes, roles }: AccessRule): boolean {
  return scopes.length > 0 || roles.length > 0
}
