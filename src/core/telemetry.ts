export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** One line of the log. Fields hold no payloads and no secrets. */
export interface LogRecord {
  readonly level: LogLevel
  readonly message: string
  /** The integration or broker that speaks; absent for the gateway itself. */
  readonly integration?: string
  readonly [field: string]: unknown
}

/** An object with a method for each level, such as `console`, or a logger of pino, bunyan or winston. */
export interface LoggerMethods {
  debug?(...args: unknown[]): unknown
  info?(...args: unknown[]): unknown
  warn?(...args: unknown[]): unknown
  error?(...args: unknown[]): unknown
}

/** What the application may give as logger. Nothing that it does disturbs the gateway. */
export type LogSink = ((record: LogRecord) => unknown) | LoggerMethods

/** Where log lines go. May be called from anywhere, never throws, never blocks. */
export type Logger = (record: LogRecord) => void
