import type { Headers } from '../value.js'
import type { Parameter } from './late.js'
import type { TransformSettings } from './transform.js'

/** How a new value changes the value of a `data` block. */
export type UpdateMode =
  | { readonly kind: 'replace' }
  /** Adds it to the end of a list that keeps the newest `limit` values. */
  | { readonly kind: 'append'; readonly limit: number }
  /** Applies it as a merge patch (RFC 7396). */
  | { readonly kind: 'partial' }

interface CommonData {
  /** The label of its block. */
  readonly name: string
  readonly integration: string
  readonly update: UpdateMode
  readonly transforms: readonly TransformSettings[]
}

/** A method that is called at intervals. */
export interface PolledData extends CommonData {
  readonly type: 'rpc'
  readonly method: string
  readonly params?: Parameter
  readonly headers?: Headers
  /** Milliseconds between two calls. Without it the method is called once, and by `refresh`. */
  readonly intervalMs?: number
  /** Share of the interval that is random. */
  readonly jitter: number
  readonly timeoutMs?: number
  readonly idempotent: boolean
}

/** A subscription whose messages are the updates. */
export interface SubscribedData extends CommonData {
  readonly type: 'subscription'
  readonly topic: string
  readonly qos?: 0 | 1 | 2
  readonly format?: string
  readonly params?: Parameter
  readonly headers?: Headers
  readonly conflateMs?: number
  readonly overflow: 'block' | 'drop-oldest' | 'drop-newest'
}

/** A queue whose messages are the updates. Each is acknowledged when the update has been taken. */
export interface QueuedData extends CommonData {
  readonly type: 'queue'
  readonly queue: string
  readonly format?: string
  readonly maxDeliveries?: number
  readonly deadLetter?: string
}

/** A `data` block with all defaults filled in. */
export type DataSettings = PolledData | SubscribedData | QueuedData
