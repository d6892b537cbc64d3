import { EventEmitter } from 'eventemitter3'
import { type GatewayEvents, type GatewayReport, recordOf } from './core/events.js'
import type { LoggerMethods, LogRecord, LogSink } from './core/telemetry.js'
import { messageOf } from './mailbox/error-codec.js'

type EventName = keyof GatewayEvents

/**
 * The only caller of the application's logger and listeners. Whatever they do (throw, reject, take long), nothing of
 * it reaches the code that reports. What a listener throws is logged; what the logger throws becomes one warning of
 * the process.
 */
export class Reporter {
  readonly #events = new EventEmitter<GatewayEvents>()
  readonly #write: ((record: LogRecord) => unknown) | undefined
  #warned = false

  constructor(logger: LogSink | undefined) {
    this.#write = writerFor(logger)
  }

  /** @returns a function that removes the listener. */
  on<E extends EventName>(event: E, listener: GatewayEvents[E]): () => void {
    this.#events.on(event, listener as never)
    return () => {
      this.#events.off(event, listener as never)
    }
  }

  /** Tells the listeners, and writes the line of the log. Never throws. */
  report(report: GatewayReport): void {
    if (report.kind === 'log') return this.log(report.record)
    const { kind, ...values } = report
    this.emit(kind, values as never)
    this.write(recordOf(report))
  }

  /** Tells the listeners of an event. Never throws. */
  emit<E extends EventName>(event: E, value: Parameters<GatewayEvents[E]>[0]): void {
    for (const listener of this.#events.listeners(event))
      guarded(
        () => (listener as (value: unknown) => unknown)(value),
        (error) => this.#listenerFailed(event, error),
      )
  }

  /** Writes a line of the log, and tells the listeners of `log`. Never throws. */
  log(record: LogRecord): void {
    this.write(record)
    this.emit('log', record)
  }

  /** Writes a line of the log. Never throws. */
  write(record: LogRecord): void {
    const write = this.#write
    if (write !== undefined)
      guarded(
        () => write(record),
        (error) => this.#warn(`the logger failed: ${messageOf(error)}`),
      )
  }

  #listenerFailed(event: EventName, error: unknown): void {
    const message = `a listener of "${event}" failed`
    if (this.#write === undefined) this.#warn(`${message}: ${messageOf(error)}`)
    else this.write({ level: 'error', message, error: messageOf(error) })
  }

  /** Once: a logger that fails does so with every line. */
  #warn(message: string): void {
    if (this.#warned) return
    this.#warned = true
    process.emitWarning(message, 'NemoGatewayWarning')
  }
}

/** Calls foreign code; what it throws, or rejects with later, goes to `failed`. */
function guarded(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    const result = call()
    if (
      typeof result === 'object' &&
      result !== null &&
      typeof (result as PromiseLike<unknown>).then === 'function'
    )
      Promise.resolve(result).catch(failed)
  } catch (error) {
    failed(error)
  }
}

const METHODS = ['debug', 'info', 'warn', 'error', 'log'] as const

/** Whether lines of the log can be written to it. */
export function isLogSink(logger: unknown): boolean {
  if (typeof logger === 'function') return true
  if (typeof logger !== 'object' || logger === null) return false
  return METHODS.some((method) => typeof (logger as Record<string, unknown>)[method] === 'function')
}

/**
 * What writes a record. `console` and winston take the message first; pino and bunyan, known by a method that only
 * they have, take the fields first and would drop them otherwise.
 */
function writerFor(logger: LogSink | undefined): ((record: LogRecord) => unknown) | undefined {
  if (logger === undefined || typeof logger === 'function') return logger
  const fieldsFirst = 'bindings' in logger || 'addStream' in logger
  return ({ level, message, ...fields }) => {
    const write =
      logger[level] ?? logger.info ?? (logger as LoggerMethods & { log?: LoggerMethods['info'] }).log
    if (fieldsFirst) return write?.call(logger, fields, message)
    return Object.keys(fields).length === 0
      ? write?.call(logger, message)
      : write?.call(logger, message, fields)
  }
}
