import type { Identity } from '../identity.js'

/** The certificate that a caller has presented, and TLS has verified. */
export interface CallerCertificate {
  /** The common name of its subject; empty if it has none. */
  readonly commonName: string
  /** Its alternative names, such as `DNS:a.example.com`, `URI:spiffe://…`, `email:…`. */
  readonly alternativeNames: readonly string[]
  /** The SHA-256 of its DER form, in Base64url. */
  readonly thumbprint: string
}

/** What a caller presents to prove who it is. */
export interface Credentials {
  /** The value of the header or field `authorization`. */
  readonly authorization?: string | undefined
  /** The proofs of possession (header `DPoP`); more than one is a fault. */
  readonly proofs?: readonly string[]
  /** The HTTP request, which a proof of possession names. */
  readonly request?: { readonly method: string; readonly url: string }
  /** Returns the certificate of the caller. Absent where the protocol has none. */
  readonly certificate?: () => CallerCertificate | undefined
}

/** Who a caller is. */
export type Caller =
  /** `expiresAt` is in epoch milliseconds; infinite if nothing expires. */
  | { readonly kind: 'known'; readonly identity: Identity; readonly expiresAt: number }
  /** It has presented no credentials. */
  | { readonly kind: 'anonymous' }
  /** Its credentials are not valid. The reason never has a part of them. */
  | { readonly kind: 'invalid'; readonly reason: string; readonly isProof?: boolean }
  /** They cannot be checked now. */
  | { readonly kind: 'unavailable'; readonly reason: string }

/** Why a call is refused. */
export interface AccessRefusal {
  /** What is wrong. */
  readonly kind: 'unauthenticated' | 'forbidden' | 'unavailable'
  /** Why, in words that the caller may read. */
  readonly reason: string
  /** The value of the header `WWW-Authenticate`, for protocols over HTTP; absent if the scheme has none. */
  readonly challenge?: string
}

/** Whether a caller may call a method. */
export type Access =
  | { readonly isAllowed: true; readonly identity?: Identity }
  | { readonly isAllowed: false; readonly refusal: AccessRefusal }

/** Authenticates the callers of a server and decides what they may call. All methods may be called concurrently. */
export interface Authentication {
  /** Name of the scheme, for the audit record. */
  readonly scheme: string
  /** Whether any method may be called without credentials. If not, a call without is refused before it is read. */
  readonly admitsAnonymous: boolean
  /** Whether a token alone authenticates a caller, so that it may also come in a message. */
  readonly takesTokens: boolean
  /** Names of the methods that have their own rule. */
  readonly methods: readonly string[]
  /**
   * Checks credentials. Never throws, never rejects.
   * @param credentials what the caller has presented
   * @returns the caller at once if it is remembered, which is the common case; otherwise a promise
   */
  identify(credentials: Credentials): Caller | Promise<Caller>
  /**
   * Decides whether a caller may call a method. A caller whose token has expired is refused. Never throws.
   * @param method the method as it was called
   * @param caller what `identify` returned
   * @returns the identity for the handler, or the refusal
   */
  access(method: string, caller: Caller): Access
  /** Frees timers and ends requests in flight. Idempotent; never throws. */
  close(): void
}
