import type { BreakerState, ConnectionState, ListenAddress } from '../core/status.js'
import type { LogRecord } from '../core/telemetry.js'

/** What happens in the tree, for the gateway's events and log. */
export type TreeReport =
  | { readonly kind: 'actor:started'; readonly integration: string }
  | {
      readonly kind: 'actor:crashed'
      readonly integration: string
      readonly reason: string
      readonly restartInMs: number
    }
  | { readonly kind: 'actor:restarted'; readonly integration: string; readonly restarts: number }
  | { readonly kind: 'actor:failed'; readonly integration: string; readonly reason: string }
  | {
      readonly kind: 'connection:changed'
      readonly integration: string
      readonly state: ConnectionState
      readonly attempt: number
      readonly reason?: string
      readonly listening?: ListenAddress
    }
  | { readonly kind: 'breaker:changed'; readonly integration: string; readonly state: BreakerState }
  | {
      readonly kind: 'message:dead'
      readonly integration: string
      readonly queue: string
      readonly reason: string
      readonly attempts: number
      readonly value?: unknown
      readonly bytes?: Uint8Array
    }
  | {
      readonly kind: 'subscription:gap'
      readonly integration: string
      readonly topic: string
      readonly lost: number
      readonly reason: string
    }
  | { readonly kind: 'log'; readonly record: LogRecord }
