/** Whether a method needs a known caller: always; only checked if the caller presents credentials; never checked. */
export type Requirement = 'required' | 'optional' | 'none'

export const REQUIREMENTS = ['required', 'optional', 'none'] as const satisfies readonly Requirement[]

/** What a method asks of its callers. */
export interface AccessRule {
  /** Whether the caller must be known. */
  readonly auth: Requirement
  /** Scopes that the caller must have, all of them. */
  readonly scopes: readonly string[]
  /** Roles of which the caller must have one; empty for no such rule. */
  readonly roles: readonly string[]
}

/** How a server authenticates its callers. Secrets are plain text here: only the actor receives this record. */
export interface AuthenticationSettings {
  /** How callers prove who they are. */
  readonly scheme: SchemeSettings
  /** The rule of methods without a rule, and of unknown methods. */
  readonly rule: AccessRule
  /** Rules of methods by their names. */
  readonly methods: { readonly [method: string]: AccessRule }
}

/** How callers prove who they are. */
export type SchemeSettings =
  | { readonly type: 'none' }
  | JwtVerification
  | IntrospectionSettings
  | StaticTokens
  | StaticUsers
  | CertificateRules

/** The type of a scheme. */
export type SchemeType = SchemeSettings['type']

/** What schemes with tokens have in common. */
export interface TokenRules {
  /** Maximum length of a token in bytes; a longer one is refused unread. */
  readonly maxToken: number
  /** Maximum number of tokens that are remembered as valid. */
  readonly cacheSize: number
  /** The claim with the scopes, as a path. */
  readonly scopesClaim: string
  /** The claim with the roles, as a path. */
  readonly rolesClaim: string
  /** Whether a token must be bound to the certificate of the caller (RFC 8705). */
  readonly certificateBound: boolean
  /** Proofs of possession (RFC 9449). Absent: tokens bound to a key are refused. */
  readonly dpop?: DpopSettings
}

/** JSON Web Tokens (RFC 7519) that are verified here. */
export interface JwtVerification extends TokenRules {
  /** Discriminates the union `SchemeSettings`. */
  readonly type: 'jwt'
  /** Where the keys come from. */
  readonly key: KeySettings
  /** The algorithms that may have signed a token. */
  readonly algorithms: readonly string[]
  /** The values that the claim `iss` may have; empty for any. */
  readonly issuers: readonly string[]
  /** The values of which the claim `aud` must have one; empty for any. */
  readonly audiences: readonly string[]
  /** Claims that must be present. */
  readonly requiredClaims: readonly string[]
  /** The value of the header `typ`, if it is checked. */
  readonly tokenType?: string
  /** Milliseconds by which clocks may differ. */
  readonly clockToleranceMs: number
}

/** Where the keys of a verification come from. */
export type KeySettings =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'pem'; readonly file: string }
  | ({ readonly kind: 'jwks'; readonly url: string } & KeySetSettings)
  /** The document of the issuer says where the keys are (OpenID Connect Discovery, RFC 8414). */
  | ({ readonly kind: 'issuer'; readonly issuer: string } & KeySetSettings)

/** How a key set is kept. */
export interface KeySetSettings {
  /** Milliseconds after which the keys are fetched again. */
  readonly maxAgeMs: number
  /** Milliseconds that keys are used beyond that while they cannot be fetched. */
  readonly maxStaleMs: number
  /** The shortest time between two fetches because of an unknown key, or after a failure, in milliseconds. */
  readonly cooldownMs: number
  /** The time limit of one fetch in milliseconds. */
  readonly timeoutMs: number
  /** A file with the authority of the server of the keys, beside the default ones. */
  readonly caCert?: string
}

/** Tokens that the authorization server checks (RFC 7662). */
export interface IntrospectionSettings extends TokenRules {
  /** Discriminates the union `SchemeSettings`. */
  readonly type: 'oauth2'
  /** The URL of the introspection endpoint. */
  readonly introspectionUrl: string
  /** The id of the server at the authorization server. */
  readonly clientId: string
  /** Its secret. */
  readonly clientSecret: string
  /** How the server authenticates itself (RFC 6749, section 2.3.1). */
  readonly clientAuth: 'basic' | 'post'
  /** The values of which `aud` must have one; empty for any. */
  readonly audiences: readonly string[]
  /** The longest time that an answer is remembered, in milliseconds. */
  readonly cacheForMs: number
  /** The time limit of one question in milliseconds. */
  readonly timeoutMs: number
  /** A file with the authority of the authorization server. */
  readonly caCert?: string
}

/** A secret that is compared: as text, or the SHA-256 of it in hexadecimal digits. */
export type StoredSecret =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'sha256'; readonly digest: string }

/** A caller that the configuration names. */
export interface NamedCaller {
  /** Who it is. */
  readonly subject: string
  /** Its token or password. */
  readonly secret: StoredSecret
  /** The scopes of the caller. */
  readonly scopes: readonly string[]
  /** The roles of the caller. */
  readonly roles: readonly string[]
}

/** Fixed tokens. */
export interface StaticTokens {
  /** Discriminates the union `SchemeSettings`. */
  readonly type: 'bearer'
  /** The tokens and their owners. */
  readonly tokens: readonly NamedCaller[]
  /** Maximum length of a token in bytes. */
  readonly maxToken: number
}

/** User names and passwords. */
export interface StaticUsers {
  /** Discriminates the union `SchemeSettings`. */
  readonly type: 'basic'
  /** The users. */
  readonly users: readonly NamedCaller[]
}

/** A rule for certificates of callers. The first that matches decides about scopes and roles. */
export interface CertificateRule {
  /** A pattern of the common name; `*` matches any characters but dots. */
  readonly commonName?: string
  /** A pattern of an alternative name, such as `DNS:*.example.com` or `URI:spiffe://acme/*`. */
  readonly alternativeName?: string
  /** The scopes of the caller. */
  readonly scopes: readonly string[]
  /** The roles of the caller. */
  readonly roles: readonly string[]
}

/** The certificates of callers, which the authority of the listener has signed. */
export interface CertificateRules {
  /** Discriminates the union `SchemeSettings`. */
  readonly type: 'mtls'
  /** Empty: every certificate of the authority is accepted. */
  readonly rules: readonly CertificateRule[]
}

/** Proofs of possession (RFC 9449). */
export interface DpopSettings {
  /** Whether a token must be bound to a key. */
  readonly isRequired: boolean
  /** Milliseconds for which a proof is valid, before and after it was made. */
  readonly maxAgeMs: number
  /** Maximum number of proofs that are remembered. */
  readonly maxProofs: number
  /** The URL of the server as callers see it, if a proxy changes it. */
  readonly publicUrl?: string
}
