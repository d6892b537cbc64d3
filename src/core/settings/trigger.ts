import type { DataPath } from '../data-path.js'
import type { Parameter } from './late.js'

/** The event of an `on` block. */
export type TriggerEvent =
  | { readonly kind: 'data'; readonly name: string; readonly path: DataPath }
  | { readonly kind: 'action'; readonly name: string; readonly outcome: 'succeeded' | 'failed' }
  | {
      readonly kind: 'integration'
      readonly name: string
      readonly state: 'connected' | 'disconnected' | 'failed'
    }
  | { readonly kind: 'breaker'; readonly name: string; readonly state: 'opened' | 'closed' }

/** What must hold for a trigger to run its action. */
export type Condition =
  | { readonly kind: 'expression'; readonly value: Parameter }
  | { readonly kind: 'jq'; readonly query: string }
  | { readonly kind: 'changed'; readonly path: DataPath }
  | {
      readonly kind: 'threshold'
      readonly path: DataPath
      readonly value: number
      readonly direction: 'above' | 'below'
      readonly hysteresis: number
      readonly forMs: number
    }

/** An `on` block with all defaults filled in. */
export interface TriggerSettings {
  /** Its event, with a number if several blocks have the same: `data.prices.updated`, `data.prices.updated#2`. */
  readonly name: string
  readonly event: TriggerEvent
  readonly action: string
  readonly condition?: Condition
  readonly debounceMs?: number
  readonly throttleMs?: number
  /** How many runs of the action may be in progress. */
  readonly concurrency: number
  readonly overlap: 'queue' | 'skip' | 'restart'
  /** How many triggers may wait. */
  readonly queueSize: number
}
