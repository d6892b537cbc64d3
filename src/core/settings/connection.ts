/** How the connection is probed. */
export interface HealthCheckSettings {
  /** Whether to probe it regularly. */
  readonly enabled: boolean
  /** Milliseconds between two checks. */
  readonly intervalMs: number
  /** Milliseconds that an answer may take. */
  readonly timeoutMs: number
  /** The method to call; for RPC protocols only. */
  readonly method?: string
}

/** How a lost connection is restored. */
export interface ReconnectSettings {
  /** Whether to restore it. */
  readonly enabled: boolean
  /** -1 for no limit. */
  readonly maxAttempts: number
  /** The first delay, in milliseconds; it doubles from there. */
  readonly delayMs: number
  /** The longest delay, in milliseconds. */
  readonly maxDelayMs: number
  /** What an operation does while the connection is down: wait within its time-out, or fail at once. */
  readonly offline: 'wait' | 'fail'
}
