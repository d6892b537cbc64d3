import type { AdapterContext } from '../core/adapter/protocol-adapter.js'

/** Provides the tokens that authenticate an adapter. All methods may be called concurrently. */
export interface TokenSource {
  /**
   * Returns a valid token, shared by all callers and renewed shortly before it expires.
   * @param signal ends only this caller's wait, with the signal's reason
   * @throws AuthError, ConnectionError, TimeoutError
   */
  token(signal?: AbortSignal): Promise<string>
  /**
   * Discards a token that the server rejected. The next call of `token` makes a new one, unless there is one
   * already.
   */
  rejected(token: string): void
  /** Aborts the request in flight and forgets the token. A later call of `token` starts again. */
  close(): void
}

/** The part of the adapter's context that a token source needs. */
export type TokenContext = Pick<AdapterContext, 'settings' | 'clock' | 'random' | 'log'>

/** A new token. */
export interface FreshToken {
  readonly token: string
  /** Lifetime in milliseconds; absent if it is valid until rejected. */
  readonly lifetimeMs?: number
}

/** Makes tokens. */
export interface TokenMaker {
  /** Names the operation in a time-out. */
  readonly operation: string
  /** Makes a token. @throws AuthError, ConnectionError, or the signal's reason */
  make(signal: AbortSignal): Promise<FreshToken>
}
