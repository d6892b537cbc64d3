import type { SchemeType } from './settings/authentication.js'
import type { Value } from './value.js'

/** The caller of a method, after its credentials have been checked. */
export interface Identity {
  /** Who it is: the claim `sub`, the user name, or the common name of a certificate; empty if nothing names it. */
  readonly subject: string
  /** What it may do. */
  readonly scopes: readonly string[]
  /** What it is. */
  readonly roles: readonly string[]
  /** The claims of its token; empty for other schemes. */
  readonly claims: { readonly [name: string]: Value }
  /** How it was authenticated. */
  readonly scheme: Exclude<SchemeType, 'none'>
}
