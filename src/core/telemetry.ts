export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** One line of the log. Fields hold no payloads and no secrets. */
export interface LogRecord {
  readonly level: LogLevel
  readonly message: string
  /** The integration or broker that speaks; absent for the gateway itself. */
  readonly integration?: string
  readonly [field: string]: unknown
}

/** Where log lines go. May be called from anywhere, never throws, never blocks. */
export type Logger = (record: LogRecord) => void
