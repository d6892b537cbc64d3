import { z } from 'zod'
import { rereadPath } from '../../adapters/config-kinds.js'
import { isLoopback } from '../../core/loopback.js'
import { type AccessRule, type DpopSettings, REQUIREMENTS } from '../../core/settings/authentication.js'
import { hasCredentials } from '../../core/user-info.js'
import { wrong } from '../reading/fault.js'
import { duration, oneOrMore, size, text } from './kinds.js'
import { nameOf } from './late.js'

const scope = oneOrMore(text).optional()
const roles = oneOrMore(text).optional()

/** The rule of all methods without a rule. */
export const accessRule = {
  default: z
    .enum(REQUIREMENTS)
    .default('required')
    .describe(
      'Rule of methods without `auth`: `required` refuses unknown callers; `optional` refuses only wrong credentials; `none` checks nothing.',
    ),
  scope: scope.describe(
    'Scopes that callers of methods without `scope` must have, all of them. Example: `"orders.read"`.',
  ),
  roles: roles.describe('Roles of which callers of methods without `roles` must have one.'),
}

/** A `method` block of a server. */
export const method = z
  .strictObject({
    handler: nameOf('script')
      .optional()
      .describe(
        'Function of a script that handles it, as `script.NAME.FUNCTION` or as text. Default: a handler that the application registers.',
      ),
    auth: z
      .enum(REQUIREMENTS)
      .optional()
      .describe('Whether callers must be known. Default: `auth.default` of the server.'),
    scope: scope.describe('Scopes that callers must have, all of them. Example: `"orders.write"`.'),
    roles: roles.describe('Roles of which callers must have one.'),
  })
  .describe('A method: its handler and what it asks of its callers.')

/** Attributes of schemes with tokens. */
export const tokenRules = {
  scopes_claim: text
    .default('scope')
    .describe('Claim with the scopes: a list, or text with spaces. A dot enters an object.'),
  roles_claim: text
    .default('roles')
    .describe('Claim with the roles. A dot enters an object. Example: `"realm_access.roles"`.'),
  max_token: size(64).prefault('8KB').describe('Maximum length of a token. A longer one is refused unread.'),
  cache_size: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(10_000)
    .describe('How many verified tokens are remembered until they expire. 0 verifies each time.'),
  certificate_bound: z
    .boolean()
    .default(false)
    .describe(
      'Requires tokens that are bound to the certificate of the caller (RFC 8705). A bound token is always checked; needs `listen.client_ca`.',
    ),
  dpop: z
    .strictObject({
      required: z.boolean().default(false).describe('Refuses tokens that are not bound to a key.'),
      max_age: duration(1_000).prefault('60s').describe('How old a proof may be.'),
      max_proofs: z
        .int()
        .min(100)
        .max(10_000_000)
        .default(100_000)
        .describe(
          'How many proofs are remembered, so that none is used twice; one key may have half of what others leave. Beyond that, calls are refused as unavailable.',
        ),
      public_url: text
        .optional()
        .describe(
          'URL of the server as callers see it, if a proxy is in front of it. Example: `"https://api.example.com"`.',
        ),
    })
    .optional()
    .describe(
      'Accepts tokens that are bound to a key of the caller, with a proof in each request (DPoP, RFC 9449).',
    ),
}

export const caCert = rereadPath
  .optional()
  .describe('PEM file with the authority of the identity provider, in addition to the default ones.')

export function toDpop(
  dpop: z.output<typeof tokenRules.dpop>,
): { readonly dpop: DpopSettings } | Record<never, never> {
  if (dpop === undefined) return {}
  const { required: isRequired, max_age: maxAgeMs, max_proofs: maxProofs, public_url: publicUrl } = dpop
  return { dpop: { isRequired, maxAgeMs, maxProofs, ...(publicUrl !== undefined && { publicUrl }) } }
}

/** Reports a URL of an identity provider that anybody in the network could answer for. */
export function checkProviderUrl(context: z.RefinementCtx, name: string, given: string): void {
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (hasCredentials(given)) wrong(context, name, 'a URL without credentials')
  else if (url === undefined || !/^https?:$/.test(url.protocol)) wrong(context, name, 'an https URL')
  else if (url.protocol === 'http:' && !isLoopback(url.hostname))
    wrong(context, name, 'an https URL', 'over plain HTTP anybody in the network could replace the keys')
}

/** The rule from the attributes of a block. What is absent is that of the server. */
export function ruleOf(
  values: {
    readonly auth?: AccessRule['auth'] | undefined
    readonly scope?: readonly string[] | undefined
    readonly roles?: readonly string[] | undefined
  },
  otherwise: AccessRule,
): AccessRule {
  const auth = values.auth ?? otherwise.auth
  // Where callers are not known, the scopes of the other methods have no meaning.
  const { scopes, roles } = auth === 'none' ? { scopes: [], roles: [] } : otherwise
  return {
    auth,
    scopes: values.scope?.flatMap((names) => names.split(' ')) ?? scopes,
    roles: values.roles ?? roles,
  }
}
