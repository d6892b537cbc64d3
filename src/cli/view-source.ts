/** One integration, server or broker at one moment. */
export interface ViewRow {
  readonly name: string
  readonly type: string
  /** State of the connection; `running` or `stopped` for a broker. */
  readonly state: string
  /** State of the circuit breaker; absent for a broker. */
  readonly breaker?: string
  /** Number of messages so far. */
  readonly received: number
  readonly sent: number
  readonly errors: number
  readonly restarts: number
}

/** Source of the rows of the live view. */
export interface ViewSource {
  rows(): readonly ViewRow[]
}
