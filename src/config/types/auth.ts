// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Size } from '../../core/bytes.js'
import type { Duration } from '../../core/duration.js'
import type { AuthDpopBlock } from './auth-dpop.js'
import type { AuthKeysBlock } from './auth-keys.js'
import type { AuthRulesBlock } from './auth-rules.js'
import type { AuthTokensBlock } from './auth-tokens.js'
import type { AuthUsersBlock } from './auth-users.js'

/** A block `auth` with the type `basic`: User name and password. */
export interface BasicAuthBlock {
  /** User name and password. */
  readonly type: 'basic'
  /** User name. */
  readonly username: string
  /**
   * Password.
   * Secret: appears in no message.
   */
  readonly password: string
}

/** A block `auth` with the type `bearer`: Fixed token. */
export interface BearerAuthBlock {
  /** Fixed token. */
  readonly type: 'bearer'
  /**
   * Token.
   * Secret: appears in no message.
   */
  readonly token: string
}

/** A block `auth` with the type `creds`: NATS credentials file. */
export interface CredsAuthBlock {
  /** NATS credentials file. */
  readonly type: 'creds'
  /**
   * Path of the credentials file.
   * A path, relative to the working folder.
   */
  readonly file: string
}

/** A block `auth` with the type `jwt`: JSON Web Token signed by the gateway and renewed before it expires. */
export interface JwtAuthBlock {
  /** JSON Web Token signed by the gateway and renewed before it expires. */
  readonly type: 'jwt'
  /**
   * Secret, at least as long as the hash of the algorithm: 32 bytes for HS256.
   * Secret: appears in no message.
   */
  readonly secret?: string | undefined
  /**
   * PEM file with a private key without a passphrase, in place of `secret`. Example: `"./gateway-key.pem"`.
   * A path, relative to the working folder.
   * Secret: appears in no message.
   */
  readonly private_key?: string | undefined
  /** Signature algorithm. Default: HS256 for a secret, otherwise the one of the private key. */
  readonly algorithm?: string | undefined
  /** Issuer of the token (claim `iss`). */
  readonly issuer?: string | undefined
  /** Subject of the token (claim `sub`). */
  readonly subject?: string | undefined
  /** Audience of the token. */
  readonly audience?: string | undefined
  /** Id of the key (header `kid`), by which the server finds the public key. */
  readonly key_id?: string | undefined
  /**
   * How long a token is valid.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"5m"`
   */
  readonly expires_in?: Duration | undefined
  /** Additional claims. Example: `{ tenant = "acme" }`. */
  readonly claims?: { readonly [name: string]: unknown } | undefined
}

/** A block `auth` with the type `mtls`: Client certificate, set here or in the endpoint's `tls` block. */
export interface MtlsAuthBlock {
  /** Client certificate, set here or in the endpoint's `tls` block. */
  readonly type: 'mtls'
  /**
   * PEM file with the client certificate.
   * A path, relative to the working folder.
   */
  readonly client_cert?: string | undefined
  /**
   * PEM file with the key of `client_cert`.
   * A path, relative to the working folder.
   * Secret: appears in no message.
   */
  readonly client_key?: string | undefined
}

/** A block `auth` with the type `nkey`: NATS nkey. */
export interface NkeyAuthBlock {
  /** NATS nkey. */
  readonly type: 'nkey'
  /**
   * Seed of the nkey.
   * Secret: appears in no message.
   */
  readonly seed: string
}

/** A block `auth` with the type `none`: No credentials. */
export interface NoneAuthBlock {
  /** No credentials. */
  readonly type: 'none'
}

/**
 * A block `auth` with the type `oauth2`: Token from the client credentials grant (RFC 6749, section 4.4),
 * renewed before it expires.
 */
export interface OAuth2AuthBlock {
  /** Token from the client credentials grant (RFC 6749, section 4.4), renewed before it expires. */
  readonly type: 'oauth2'
  /** URL of the token endpoint, with https. Example: `"https://login.example.com/oauth2/token"`. */
  readonly token_url: string
  /** Id of the client at the authorization server. */
  readonly client_id: string
  /**
   * Secret of the client.
   * Secret: appears in no message.
   */
  readonly client_secret: string
  /** Scopes to request. Example: `["orders.read", "orders.write"]`. */
  readonly scopes?: string | readonly string[] | undefined
  /** Audience of the token. */
  readonly audience?: string | undefined
  /**
   * How to send the client secret: `basic` in the `Authorization` header, `post` in the body.
   * @defaultValue `"basic"`
   */
  readonly client_auth?: 'basic' | 'post' | undefined
  /**
   * Allows plain HTTP for a `token_url` on another machine.
   * @defaultValue `false`
   */
  readonly allow_http?: boolean | undefined
}

/** A block `auth` with the type `password`: Password, with an account if the server has several. */
export interface PasswordAuthBlock {
  /** Password, with an account if the server has several. */
  readonly type: 'password'
  /** Account name. */
  readonly username?: string | undefined
  /**
   * Password.
   * Secret: appears in no message.
   */
  readonly password: string
}

/** A block `auth` with the type `basic`: User names and passwords, compared in constant time. */
export interface ServerBasicAuthBlock {
  /** User names and passwords, compared in constant time. */
  readonly type: 'basic'
  /** The users. Example: `[{ username = "ci", password_sha256 = "…" }]`. */
  readonly users: readonly AuthUsersBlock[]
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
export interface ServerBearerAuthBlock {
  /** Fixed tokens, compared in constant time. */
  readonly type: 'bearer'
  /** The tokens, each with its subject. Example: `[{ subject = "ci", token_sha256 = "…" }]`. */
  readonly tokens: readonly AuthTokensBlock[]
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
export interface ServerJwtAuthBlock {
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
  readonly keys?: AuthKeysBlock | undefined
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
  readonly dpop?: AuthDpopBlock | undefined
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
export interface ServerMtlsAuthBlock {
  /** Certificates of callers, signed by `listen.client_ca`. */
  readonly type: 'mtls'
  /** Which certificates are accepted; the first rule that fits decides. Default: all of the authority. */
  readonly rules?: readonly AuthRulesBlock[] | undefined
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
export interface ServerNoneAuthBlock {
  /** Callers are not authenticated. */
  readonly type: 'none'
}

/** A block `auth` with the type `oauth2`: Tokens that the authorization server is asked about (RFC 7662). */
export interface ServerOAuth2AuthBlock {
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
  readonly dpop?: AuthDpopBlock | undefined
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

/** A block `auth` with the type `token`: NATS token. */
export interface TokenAuthBlock {
  /** NATS token. */
  readonly type: 'token'
  /**
   * Token.
   * Secret: appears in no message.
   */
  readonly token: string
}
