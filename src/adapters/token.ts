import type { AdapterContext } from '../core/adapter.js'

/** Where an adapter gets the token from that proves who it is. All methods may be called concurrently. */
export interface TokenSource {
  /**
   * A token that is good now: one for all who ask, made anew shortly before it expires.
   * @param signal ends the waiting of this caller alone, with the signal's reason
   * @throws AuthError, ConnectionError, TimeoutError
   */
  token(signal?: AbortSignal): Promise<string>
  /** The server refused that token: unless there is another by now, the next `token` makes one. */
  rejected(token: string): void
  /** Gives up what is under way and forgets the token. A later `token` begins anew. */
  close(): void
}

/** What a token source needs of an adapter's context. */
export type TokenContext = Pick<AdapterContext, 'settings' | 'clock' | 'random' | 'log'>

/** A token that was just made. */
export interface FreshToken {
  readonly token: string
  /** For how long it is good; absent: until it is refused. */
  readonly lifetimeMs?: number
}

/** Makes tokens. */
export interface TokenMaker {
  /** What it does, for the message when its time is up. */
  readonly operation: string
  /** @throws AuthError, ConnectionError, or the signal's reason */
  make(signal: AbortSignal): Promise<FreshToken>
}
