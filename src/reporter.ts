import { EventEmitter } from 'eventemitter3'
import type { Diagnostic } from './core/diagnostic.js'
import { type GatewayEvents, type GatewayReport, recordOf } from './core/events.js'
import type { LoggerMethods, LogRecord, LogSink } from './core/telemetry.js'
import { messageOf } from './mailbox/error-codec.js'

type EventName = keyof GatewayEvents

/**
 * Calls the application's logger and listeners, and catches all their errors, so that these do not reach the gateway.
 * The error of a listener is logged; the error of the logger becomes one warning of the process.
 */
export class Reporter {
  readonly #events = new EventEmitter<GatewayEvents>()
  readonly #write: ((record: LogRecord) => unknown) | undefined
  #warned = false

  constructor(logger: LogSink | undefined) {
    this.#write = writerFor(logger)
  }

  /** Adds a listener. @returns a function that removes it */
  on<E extends EventName>(event: E, listener: GatewayEvents[E]): () => void {
    this.#events.on(event, listener as never)
    return () => {
      this.#events.off(event, listener as never)
    }
  }

  /** Calls the listeners of a report and logs it. Never throws. */
  report(report: GatewayReport): void {
    if (report.kind === 'log') return this.log(report.record)
    const { kind, ...values } = report
    this.emit(kind, values as never)
    this.write(recordOf(report))
  }

  /** Calls the listeners of an event. Never throws. */
  emit<E extends EventName>(event: E, value: Parameters<GatewayEvents[E]>[0]): void {
    for (const listener of this.#events.listeners(event))
      guarded(
        () => (listener as (value: unknown) => unknown)(value),
        (error) => this.#listenerFailed(event, error),
      )
  }

  /** Writes a log line and calls the listeners of `log`. Never throws. */
  log(record: LogRecord): void {
    this.write(record)
    this.emit('log', record)
  }

  /** Writes the warnings of a configuration. Never throws. */
  warn(warnings: readonly Diagnostic[]): void {
    for (const { severity: _, ...warning } of warnings) this.write({ ...warning, level: 'warn' })
  }

  /** Writes a log line. Never throws. */
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

  /** Emits one warning of the process, because a faulty logger fails with every line. */
  #warn(message: string): void {
    if (this.#warned) return
    this.#warned = true
    process.emitWarning(message, 'NemoGatewayWarning')
  }
}

/** Calls code of the application. Passes its error, or the rejection of its promise, to `failed`. */
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

/** Whether a value can be used as a logger. */
export function isLogSink(logger: unknown): boolean {
  if (typeof logger === 'function') return true
  if (typeof logger !== 'object' || logger === null) return false
  return METHODS.some((method) => typeof (logger as Record<string, unknown>)[method] === 'function')
}

/**
 * Makes a function that writes a record to a logger. `console` and winston take the message first; pino and bunyan,
 * which are recognised by methods that only they have, take the fields first and would drop them otherwise.
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
