/** One integration or broker at one moment. */
export interface ViewRow {
  readonly name: string
  readonly type: string
  /** Of the connection; of a broker `running` or `stopped`. */
  readonly state: string
  /** Absent for a broker. */
  readonly breaker?: string
  /** Messages so far. */
  readonly received: number
  readonly sent: number
  readonly errors: number
  readonly restarts: number
}

/** What the live view looks at. */
export interface ViewSource {
  rows(): readonly ViewRow[]
}
