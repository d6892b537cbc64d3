/** When the circuit breaker opens and closes. */
export interface BreakerSettings {
  /** Failures in a row that open the breaker. */
  readonly failureThreshold: number
  /** Successful probes in a row that close it again. */
  readonly successThreshold: number
  /** Milliseconds that it stays open before it lets a probe through. */
  readonly timeoutMs: number
}
