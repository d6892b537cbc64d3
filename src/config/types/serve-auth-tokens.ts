// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `tokens` block:  */
export interface ServeAuthTokensBlock {
  /** Who has the token. */
  readonly subject: string
  /**
   * The token, at least 16 characters.
   * Secret: appears in no message.
   */
  readonly token?: string | undefined
  /**
   * The SHA-256 of the token in place of it, in hexadecimal digits.
   * Secret: appears in no message.
   */
  readonly token_sha256?: string | undefined
  /** Scopes of the caller. */
  readonly scopes?: readonly string[] | undefined
  /** Roles of the caller. */
  readonly roles?: readonly string[] | undefined
}
