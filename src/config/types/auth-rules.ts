// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `rules` block:  */
export interface AuthRulesBlock {
  /** Common name of the certificate; `*` matches any characters but dots and slashes. */
  readonly common_name?: string | undefined
  /** An alternative name of it. Example: `"DNS:*.internal"` or `"URI:spiffe://acme/*"`. */
  readonly alternative_name?: string | undefined
  /** Scopes of the caller. */
  readonly scopes?: readonly string[] | undefined
  /** Roles of the caller. */
  readonly roles?: readonly string[] | undefined
}
