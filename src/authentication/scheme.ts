import type { Caller, Credentials } from '../core/adapter/authentication.js'

/** A way for callers to prove who they are. */
export interface Scheme {
  readonly name: string
  /** Never throws, never rejects. */
  identify(credentials: Credentials): Caller | Promise<Caller>
  close(): void
}

/** Whatever callers present, nothing is checked. */
export const noScheme: Scheme = {
  name: 'none',
  identify: () => ({ kind: 'anonymous' }),
  close: () => {},
}
