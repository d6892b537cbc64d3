// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

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
