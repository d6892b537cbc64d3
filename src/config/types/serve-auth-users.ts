// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `users` block:  */
export interface ServeAuthUsersBlock {
  /** User name. */
  readonly username: string
  /**
   * Password.
   * Secret: appears in no message.
   */
  readonly password?: string | undefined
  /**
   * The SHA-256 of the password in place of it, for passwords that cannot be guessed.
   * Secret: appears in no message.
   */
  readonly password_sha256?: string | undefined
  /** Scopes of the caller. */
  readonly scopes?: readonly string[] | undefined
  /** Roles of the caller. */
  readonly roles?: readonly string[] | undefined
}
