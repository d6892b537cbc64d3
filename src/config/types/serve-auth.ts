// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Size } from '../../core/bytes.js'
import type { Duration } from '../../core/duration.js'
import type { ServeAuthDpopBlock } from './serve-auth-dpop.js'
import type { ServeAuthKeysBlock } from './serve-auth-keys.js'
import type { ServeAuthRulesBlock } from './serve-auth-rules.js'
import type { ServeAuthTokensBlock } from './serve-auth-tokens.js'
import type { ServeAuthUsersBlock } from './serve-auth-users.js'

/** A block `auth` with the type `basic`: User names and passwords, compared in constant time. */
export interface ServeBasicAuthBlock {
  /** User names and passwords, compared in constant time. */
  readonly type: 'basic'
  /** The users. Example: `[{ username = "ci", password_sha256 = "…" }]`. */
  readonly users: readonly ServeAuthUsersBlock[]
  /**
   * Rule of methods without `auth`: `required` refuses unknown callers; `optional` refuses only wrong
   * credentials; `none` checks nothing.
   * @defaultValue `"required"`
   */
  readonly default?: 'required' | 'optional' | 'none' | undefined
  /** Scopes that callers of methods without `scope` must have, all of them. Example: `"orders.read"`. */
  readonly scope?: string | readonly string[] | undefined
  /** Roles of which callers of methods without `roles` must have one. */
  readonly roles?: string | readonly string[] | undefined
}

/** A block `auth` with the type `bearer`: Fixed tokens, compared in constant time. */
export interface ServeBearerAuthBlock {
  /** Fixed tokens, compared in constant time. */
  readonly type: 'bearer'
  /** The tokens, each with its subject. Example: `[{ subject = "ci", token_sha256 = "…" }]`. */
  readonly tokens: readonly ServeAuthTokensBlock[]
  /**
   * Maximum length of a token. A longer one is refused unread.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"8KB"`
   */
  readonly max_token?: Size | undefined
  /**
   * Rule of methods without `auth`: `required` refuses unknown callers; `optional` refuses only wrong
   * credentials; `none` checks nothing.
   * @defaultValue `"required"`
   */
  readonly default?: 'required' | 'optional' | 'none' | undefined
  /** Scopes that callers of methods without `scope` must have, all of them. Example: `"orders.read"`. */
  readonly scope?: string | readonly string[] | undefined
  /** Roles of which callers of methods without `roles` must have one. */
  readonly roles?: string | readonly string[] | undefined
}

/** A block `auth` with the type `jwt`: JSON Web Tokens (RFC 7519), verified by the server. */
export interface ServeJwtAuthBlock {
  /** JSON Web Tokens (RFC 7519), verified by the server. */
  readonly type: 'jwt'
  /**
   * Shared secret, at least as long as the hash of the algorithm: 32 bytes for HS256.
   * Secret: appears in no message.
   */
  readonly secret?: string | undefined
  /**
   * PEM file with the public key or certificate of the issuer, in place of `secret`.
   * A path, relative to the working folder.
   */
  readonly public_key?: string | undefined
  /** URL of the key set of the issuer, with https, in place of `secret`. Needs `audience`. */
  readonly jwks_url?: string | undefined
  /**
   * Issuer that tokens must be from (claim `iss`), or several. Without `secret`, `public_key` and `jwks_url`,
   * the keys are found by the discovery document of the issuer.
   */
  readonly issuer?: string | readonly string[] | undefined
  /** Audience that tokens must be for (claim `aud`); of several, one of them. */
  readonly audience?: string | readonly string[] | undefined
  /**
   * Algorithms that tokens may be signed with. Default: HS256 for a secret; otherwise those of the type of
   * the key.
   */
  readonly algorithms?: readonly string[] | undefined
  /** Claims that tokens must have. Default: `["exp"]`. */
  readonly required_claims?: readonly string[] | undefined
  /** Value that the header `typ` must have. Example: `"at+jwt"` for access tokens by RFC 9068. */
  readonly token_type?: string | undefined
  /**
   * How far the clock of the issuer may differ.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"5s"`
   */
  readonly clock_tolerance?: Duration | undefined
  /** How the keys of `jwks_url` or `issuer` are kept. */
  readonly keys?: ServeAuthKeysBlock | undefined
  /**
   * PEM file with the authority of the identity provider, in addition to the default ones.
   * A path, relative to the working folder.
   */
  readonly ca_cert?: string | undefined
  /**
   * Claim with the scopes: a list, or text with spaces. A dot enters an object.
   * @defaultValue `"scope"`
   */
  readonly scopes_claim?: string | undefined
  /**
   * Claim with the roles. A dot enters an object. Example: `"realm_access.roles"`.
   * @defaultValue `"roles"`
   */
  readonly roles_claim?: string | undefined
  /**
   * Maximum length of a token. A longer one is refused unread.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"8KB"`
   */
  readonly max_token?: Size | undefined
  /**
   * How many verified tokens are remembered until they expire. 0 verifies each time.
   * A whole number from 0 to 1000000.
   * @defaultValue `10000`
   */
  readonly cache_size?: number | undefined
  /**
   * Requires tokens that are bound to the certificate of the caller (RFC 8705). A bound token is always
   * checked; needs `listen.client_ca`.
   * @defaultValue `false`
   */
  readonly certificate_bound?: boolean | undefined
  /** Accepts tokens that are bound to a key of the caller, with a proof in each request (DPoP, RFC 9449). */
  readonly dpop?: ServeAuthDpopBlock | undefined
  /**
   * Rule of methods without `auth`: `required` refuses unknown callers; `optional` refuses only wrong
   * credentials; `none` checks nothing.
   * @defaultValue `"required"`
   */
  readonly default?: 'required' | 'optional' | 'none' | undefined
  /** Scopes that callers of methods without `scope` must have, all of them. Example: `"orders.read"`. */
  readonly scope?: string | readonly string[] | undefined
  /** Roles of which callers of methods without `roles` must have one. */
  readonly roles?: string | readonly string[] | undefined
}

/** A block `auth` with the type `mtls`: Certificates of callers, signed by `listen.client_ca`. */
export interface ServeMtlsAuthBlock {
  /** Certificates of callers, signed by `listen.client_ca`. */
  readonly type: 'mtls'
  /** Which certificates are accepted; the first rule that fits decides. Default: all of the authority. */
  readonly rules?: readonly ServeAuthRulesBlock[] | undefined
  /**
   * Rule of methods without `auth`: `required` refuses unknown callers; `optional` refuses only wrong
   * credentials; `none` checks nothing.
   * @defaultValue `"required"`
   */
  readonly default?: 'required' | 'optional' | 'none' | undefined
  /** Scopes that callers of methods without `scope` must have, all of them. Example: `"orders.read"`. */
  readonly scope?: string | readonly string[] | undefined
  /** Roles of which callers of methods without `roles` must have one. */
  readonly roles?: string | readonly string[] | undefined
}

/** A block `auth` with the type `none`: Callers are not authenticated. */
export interface ServeNoneAuthBlock {
  /** Callers are not authenticated. */
  readonly type: 'none'
}

/** A block `auth` with the type `oauth2`: Tokens that the authorization server is asked about (RFC 7662). */
export interface ServeOAuth2AuthBlock {
  /** Tokens that the authorization server is asked about (RFC 7662). */
  readonly type: 'oauth2'
  /** URL of the introspection endpoint, with https. */
  readonly introspection_url: string
  /** Id of the server at the authorization server. */
  readonly client_id: string
  /**
   * Secret of the server.
   * Secret: appears in no message.
   */
  readonly client_secret: string
  /**
   * How to send the client secret: `basic` in the `Authorization` header, `post` in the body.
   * @defaultValue `"basic"`
   */
  readonly client_auth?: 'basic' | 'post' | undefined
  /** Audience that tokens must be for; of several, one of them. */
  readonly audience?: string | readonly string[] | undefined
  /**
   * How long an answer is remembered: a revoked token is accepted that long.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly cache_for?: Duration | undefined
  /**
   * Time limit of one question.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"5s"`
   */
  readonly timeout?: Duration | undefined
  /**
   * PEM file with the authority of the identity provider, in addition to the default ones.
   * A path, relative to the working folder.
   */
  readonly ca_cert?: string | undefined
  /**
   * Claim with the scopes: a list, or text with spaces. A dot enters an object.
   * @defaultValue `"scope"`
   */
  readonly scopes_claim?: string | undefined
  /**
   * Claim with the roles. A dot enters an object. Example: `"realm_access.roles"`.
   * @defaultValue `"roles"`
   */
  readonly roles_claim?: string | undefined
  /**
   * Maximum length of a token. A longer one is refused unread.
   * A size: bytes, or text such as `"64KB"`.
   * @defaultValue `"8KB"`
   */
  readonly max_token?: Size | undefined
  /**
   * How many verified tokens are remembered until they expire. 0 verifies each time.
   * A whole number from 0 to 1000000.
   * @defaultValue `10000`
   */
  readonly cache_size?: number | undefined
  /**
   * Requires tokens that are bound to the certificate of the caller (RFC 8705). A bound token is always
   * checked; needs `listen.client_ca`.
   * @defaultValue `false`
   */
  readonly certificate_bound?: boolean | undefined
  /** Accepts tokens that are bound to a key of the caller, with a proof in each request (DPoP, RFC 9449). */
  readonly dpop?: ServeAuthDpopBlock | undefined
  /**
   * Rule of methods without `auth`: `required` refuses unknown callers; `optional` refuses only wrong
   * credentials; `none` checks nothing.
   * @defaultValue `"required"`
   */
  readonly default?: 'required' | 'optional' | 'none' | undefined
  /** Scopes that callers of methods without `scope` must have, all of them. Example: `"orders.read"`. */
  readonly scope?: string | readonly string[] | undefined
  /** Roles of which callers of methods without `roles` must have one. */
  readonly roles?: string | readonly string[] | undefined
}
