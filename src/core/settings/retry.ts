import type { ErrorClass } from '../errors/context.js'

/** How delays grow from one attempt to the next. */
export type Backoff =
  | { readonly kind: 'constant'; readonly initialMs: number }
  | {
      readonly kind: 'linear'
      readonly initialMs: number
      readonly incrementMs: number
      readonly maxMs: number
    }
  | {
      readonly kind: 'exponential'
      readonly initialMs: number
      readonly factor: number
      readonly maxMs: number
    }

/** How failed operations are retried. */
export interface RetrySettings {
  /** Attempts in all, the first included; 1 disables retries. */
  readonly maxAttempts: number
  /** The delays between attempts. */
  readonly backoff: Backoff
  /** 0 to 1: the share of each delay that is random. */
  readonly jitter: number
  /** The classes of errors to retry. If empty, `retryable` of the error decides. */
  readonly retryableErrors: readonly ErrorClass[]
  /** Limits all retries of the integration together. Unlimited if absent. */
  readonly budget?: RetryBudgetSettings
}

/** How many retries all operations of an integration may make together. */
export interface RetryBudgetSettings {
  /** Average number of retries for each request. */
  readonly share: number
  /** Retries per second that are always allowed. */
  readonly minPerSecond: number
}
