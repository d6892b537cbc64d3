export const ERROR_CLASSES = ['timeout', 'connection-reset', 'service-unavailable', 'rate-limited'] as const

/** The classes of transient failure that `retry { retryable_errors }` may name. */
export type ErrorClass = (typeof ERROR_CLASSES)[number]

/** The fields that every error of the gateway may have beside those of its class. */
export interface ErrorContext {
  /** The integration in which it happened; empty if there is none. */
  readonly integration?: string
  /** Whether the same operation may succeed if it is repeated. Each class has its own default. */
  readonly retryable?: boolean
  /** The error that led to this one. */
  readonly cause?: unknown
  /** The transient class that a retry policy matches on. */
  readonly errorClass?: ErrorClass
  /** How long the other side asked us to wait before the next attempt, in milliseconds. */
  readonly retryAfterMs?: number
  /**
   * Whether the operation certainly had no effect: it was not sent, or the server refused it before any work. Then it
   * may be repeated even if it is not idempotent. Default false: unknown.
   */
  readonly notExecuted?: boolean
  /**
   * `local` if the cause is on our side, such as a full pool, a short deadline of the caller or a wrong argument: the
   * circuit breaker does not count it. Default `remote`.
   */
  readonly fault?: 'local' | 'remote'
}
