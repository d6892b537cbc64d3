// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `method` block: What a method asks of its callers. */
export interface ServeMethodBlock {
  /** Whether callers must be known. Default: `auth.default` of the server. */
  readonly auth?: 'required' | 'optional' | 'none' | undefined
  /** Scopes that callers must have, all of them. Example: `"orders.write"`. */
  readonly scope?: string | readonly string[] | undefined
  /** Roles of which callers must have one. */
  readonly roles?: string | readonly string[] | undefined
}
