export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** One log line. Fields contain no payloads and no secrets. */
export interface LogRecord {
  readonly level: LogLevel
  readonly message: string
  /** The integration or broker that logged it; absent for the gateway itself. */
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

/** A logger of the application. If it throws, rejects or is slow, the gateway is not affected. */
export type LogSink = ((record: LogRecord) => unknown) | LoggerMethods

/** Writes a log line. Never throws, never blocks; may be called concurrently. */
export type Logger = (record: LogRecord) => void
