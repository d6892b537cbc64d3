import type { Value } from '../value.js'

/** How an integration authenticates. Secrets are plain text here: only the actor receives this record. */
export type AuthSettings =
  | { readonly type: 'none' }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'bearer'; readonly token: string }
  /** A password, with a user name if the server has several accounts. */
  | { readonly type: 'password'; readonly username?: string; readonly password: string }
  /** The client certificate of the `tls` block of the endpoint. */
  | { readonly type: 'mtls' }
  | JwtSettings
  | OAuth2Settings
  /** NATS: a token, the seed of an nkey, or a file of credentials. */
  | { readonly type: 'token'; readonly token: string }
  | { readonly type: 'nkey'; readonly seed: string }
  | { readonly type: 'creds'; readonly file: string }

/** The `type` of an `auth` block. */
export type AuthType = AuthSettings['type']

export const AUTH_TYPES = [
  'none',
  'basic',
  'bearer',
  'password',
  'mtls',
  'jwt',
  'oauth2',
  'token',
  'nkey',
  'creds',
] as const satisfies readonly AuthType[]

/** A JWT that the gateway signs itself and renews before it expires. */
export interface JwtSettings {
  /** Discriminates the union `AuthSettings`. */
  readonly type: 'jwt'
  /** `secret` for HS algorithms, a PEM private key for all others. */
  readonly key:
    | { readonly kind: 'secret'; readonly secret: string }
    | { readonly kind: 'pem'; readonly file: string }
  /** As RFC 7518 and RFC 8037 name it: `HS256`, `RS256`, `EdDSA`. */
  readonly algorithm: string
  /** The claim `iss`. */
  readonly issuer?: string
  /** The claim `sub`. */
  readonly subject?: string
  /** The claim `aud`. */
  readonly audience?: string
  /** The header `kid`. */
  readonly keyId?: string
  /** Milliseconds that a token is valid. */
  readonly expiresInMs: number
  /** Further claims. */
  readonly claims: { readonly [name: string]: Value }
}

/** An access token from the client credentials grant (RFC 6749, section 4.4). */
export interface OAuth2Settings {
  /** Discriminates the union `AuthSettings`. */
  readonly type: 'oauth2'
  /** The URL of the token endpoint. */
  readonly tokenUrl: string
  /** The id of the client. */
  readonly clientId: string
  /** Its secret. */
  readonly clientSecret: string
  /** The scopes to request; empty for the default of the server. */
  readonly scopes: readonly string[]
  /** The audience of the token. */
  readonly audience?: string
  /** How the client authenticates to the token endpoint (RFC 6749, section 2.3.1). */
  readonly clientAuth: 'basic' | 'post'
  /** Whether `tokenUrl` may be plain HTTP to another machine. */
  readonly allowHttp?: boolean
}
