import type { TokenRules } from '../core/settings/authentication.js'
import type { Value } from '../core/value.js'
import type { JsonObject } from './json-object.js'

/** The claim of some authorization servers in place of `scope`. */
const OTHER_SCOPES = 'scp'
/** Claims that name a client, where no subject is named (RFC 9068, RFC 7662). */
const CLIENTS = ['client_id', 'azp', 'username']

/** Returns who a token is for. */
export function subjectOf(claims: JsonObject): string {
  return ['sub', ...CLIENTS].map((name) => claims[name]).find((value) => typeof value === 'string') ?? ''
}

/** Returns the scopes and roles of a token. */
export function grantsOf(
  claims: JsonObject,
  { scopesClaim, rolesClaim }: Pick<TokenRules, 'scopesClaim' | 'rolesClaim'>,
): { readonly scopes: readonly string[]; readonly roles: readonly string[] } {
  const scopes = at(claims, scopesClaim) ?? (scopesClaim === 'scope' ? claims[OTHER_SCOPES] : undefined)
  return { scopes: listOf(scopes), roles: listOf(at(claims, rolesClaim)) }
}

/** Returns the thumbprints that a token is bound to (RFC 7800): of a key, and of a certificate. */
export function bindingsOf({ cnf }: JsonObject): { readonly key?: string; readonly certificate?: string } {
  if (cnf === undefined) return {}
  const { jkt, 'x5t#S256': x5t } = (isObject(cnf) ? cnf : {}) as { readonly [name: string]: Value }
  return {
    ...(typeof jkt === 'string' && { key: jkt }),
    ...(typeof x5t === 'string' && { certificate: x5t }),
  }
}

/** Whether a token is bound to something that is not known here, which must not be ignored. */
export function hasUnknownBinding({ cnf }: JsonObject): boolean {
  if (cnf === undefined) return false
  const known = ['jkt', 'x5t#S256']
  return (
    !isObject(cnf) ||
    Object.entries(cnf).some(([name, value]) => !known.includes(name) || typeof value !== 'string')
  )
}

/** The value at a path. The whole path may also be the name of a claim, such as `https://acme.example/roles`. */
function at(claims: JsonObject, path: string): Value | undefined {
  if (Object.hasOwn(claims, path)) return claims[path]
  let value: Value | undefined = claims
  for (const name of path.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}

/** A list of names: an array, or text with spaces between them. */
function listOf(value: Value | undefined): readonly string[] {
  if (typeof value === 'string') return value.split(' ').filter((name) => name !== '')
  return Array.isArray(value)
    ? (value as readonly Value[]).filter((name): name is string => typeof name === 'string')
    : []
}

function isObject(value: Value | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
