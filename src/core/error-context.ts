/** The classes of transient failure that `retry { retryable_errors }` may name. */
export type ErrorClass = 'timeout' | 'connection-reset' | 'service-unavailable' | 'rate-limited'

/** What every error of the gateway may be given beside its own fields. */
export interface ErrorContext {
  /** The integration it happened in; empty when it belongs to none. */
  readonly integration?: string
  /** Whether trying the same operation again may succeed. Each class has its own default. */
  readonly retryable?: boolean
  readonly cause?: unknown
  /** The transient class that a retry policy matches on. */
  readonly errorClass?: ErrorClass
  /** How long the other side asked to be left alone, in milliseconds. */
  readonly retryAfterMs?: number
  /**
   * Whether the operation certainly had no effect: nothing of it was sent, or the server refused it before any work.
   * Then it may be repeated although it is not idempotent. Default false: nobody knows.
   */
  readonly notExecuted?: boolean
  /**
   * `local` when the cause is on our side (a full pool, a caller's own short deadline, an argument): the circuit
   * breaker does not count it. Default `remote`.
   */
  readonly fault?: 'local' | 'remote'
}
