// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `method` block: A method: its handler and what it asks of its callers. */
export interface MethodBlock {
  /**
   * Function of a script that handles it, as `script.NAME.FUNCTION` or as text. Default: a handler that the
   * application registers.
   */
  readonly handler?: string | undefined
  /** Whether callers must be known. Default: `auth.default` of the server. */
  readonly auth?: 'required' | 'optional' | 'none' | undefined
  /** Scopes that callers must have, all of them. Example: `"orders.write"`. */
  readonly scope?: string | readonly string[] | undefined
  /** Roles of which callers must have one. */
  readonly roles?: string | readonly string[] | undefined
}
