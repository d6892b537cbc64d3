import type { AuthenticationSettings } from '../core/settings/authentication.js'
import { ASYMMETRIC } from './algorithms.js'

/** What a refused caller may learn. */
export interface Challenged {
  /** The error code of RFC 6750 or RFC 9449; absent if the caller presented nothing. */
  readonly error?: 'invalid_token' | 'insufficient_scope' | 'invalid_dpop_proof'
  readonly reason?: string
  readonly scopes?: readonly string[]
}

/** Makes the value of `WWW-Authenticate` (RFC 9110, section 11.6.1); `undefined` for schemes without one. */
export function challengeOf(
  { scheme }: Pick<AuthenticationSettings, 'scheme'>,
  realm: string,
  challenged: Challenged,
): string | undefined {
  if (scheme.type === 'none' || scheme.type === 'mtls') return undefined
  const named = `realm=${quoted(realm)}`
  if (scheme.type === 'basic') return `Basic ${named}, charset="UTF-8"`
  const { error, reason, scopes = [] } = challenged
  const parameters = [
    named,
    ...(error === undefined ? [] : [`error="${error}"`]),
    ...(reason === undefined ? [] : [`error_description=${quoted(reason)}`]),
    ...(scopes.length === 0 ? [] : [`scope=${quoted(scopes.join(' '))}`]),
  ].join(', ')
  const dpop = scheme.type === 'bearer' ? undefined : scheme.dpop
  if (dpop === undefined) return `Bearer ${parameters}`
  const proved = `DPoP ${parameters}, algs="${ASYMMETRIC.join(' ')}"`
  return dpop.isRequired || error === 'invalid_dpop_proof' ? proved : `Bearer ${parameters}, ${proved}`
}

/** Text between quotation marks. A header carries only printable ASCII. */
function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, "'")}"`
}
