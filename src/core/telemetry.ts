/** The severity of a log line. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** One log line. Fields contain no payloads and no secrets. */
export interface LogRecord {
  /** Its severity. */
  readonly level: LogLevel
  /** What happened, in words; of an event its name. */
  readonly message: string
  /** The integration or broker that logged it; absent for the gateway itself. */
  readonly integration?: string
  /** Further fields. */
  readonly [field: string]: unknown
}

/** An object with a method for each level, such as `console`, or a logger of pino, bunyan or winston. */
export interface LoggerMethods {
  /**
   * Writes a line of the level `debug`.
   * @param args the message and the fields, or the fields and the message: see `logger` of `GatewayOptions`
   * @returns anything: the gateway ignores it
   * @throws anything: the gateway ignores it
   */
  debug?(...args: unknown[]): unknown
  /**
   * Writes a line of the level `info`.
   * @param args the message and the fields, or the fields and the message: see `logger` of `GatewayOptions`
   * @returns anything: the gateway ignores it
   * @throws anything: the gateway ignores it
   */
  info?(...args: unknown[]): unknown
  /**
   * Writes a line of the level `warn`.
   * @param args the message and the fields, or the fields and the message: see `logger` of `GatewayOptions`
   * @returns anything: the gateway ignores it
   * @throws anything: the gateway ignores it
   */
  warn?(...args: unknown[]): unknown
  /**
   * Writes a line of the level `error`.
   * @param args the message and the fields, or the fields and the message: see `logger` of `GatewayOptions`
   * @returns anything: the gateway ignores it
   * @throws anything: the gateway ignores it
   */
  error?(...args: unknown[]): unknown
}

/** A logger of the application. If it throws, rejects or is slow, the gateway is not affected. */
export type LogSink = ((record: LogRecord) => unknown) | LoggerMethods

/** Writes a log line. Never throws, never blocks; may be called concurrently. */
export type Logger = (record: LogRecord) => void
