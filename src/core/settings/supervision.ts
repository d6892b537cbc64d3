import type { Backoff } from './retry.js'

/** How the supervisor treats an integration or an embedded broker, in OTP's terms. */
export interface SupervisionSettings {
  readonly restart: 'permanent' | 'transient' | 'temporary'
  /** The most restarts within `withinMs`; after one more death it is not restarted. */
  readonly maxRestarts: number
  readonly withinMs: number
  /** The delay before the second restart in a row and later ones; the first is immediate. */
  readonly backoff: Backoff
  /** 0 to 1: the share of each delay that is random. */
  readonly jitter: number
  /** Milliseconds that a successor may take until it is ready. */
  readonly readyTimeoutMs: number
  /** Milliseconds that it may take to stop before it is terminated. */
  readonly shutdownMs: number
  /** How many actors one message may kill before it is dead-lettered. */
  readonly poisonThreshold: number
  /** How many spare threads are kept loaded, so that a restart is fast. */
  readonly warmSpares: number
  /** The `supervisor` block that it belongs to. If absent, it is restarted alone. */
  readonly group?: string
}

/** A group of integrations that are restarted together. */
export interface GroupSettings {
  readonly name: string
  readonly strategy: 'one_for_one' | 'one_for_all' | 'rest_for_one'
  readonly maxRestarts: number
  readonly withinMs: number
}
