import type { Diagnostic } from './diagnostic.js'
import type { ErrorClass, ErrorContext } from './error-context.js'
import type { ErrorKind } from './error-kinds.js'
import { INSPECT, shownError } from './inspect.js'

export type { ErrorClass, ErrorContext } from './error-context.js'
export type { ErrorKind } from './error-kinds.js'

/**
 * The base class of every error that the gateway's clients reject with. Match on `kind`: it is a closed union and works
 * across copies of the library, where `instanceof` fails.
 */
export abstract class IntegrationError extends Error {
  abstract readonly kind: ErrorKind
  /** The integration in which it happened; empty if there is none. */
  readonly integration: string
  /** Whether the same operation may succeed if it is repeated. */
  readonly retryable: boolean
  readonly errorClass: ErrorClass | undefined
  /** How long the other side asked us to wait before the next attempt, in milliseconds; absent if it did not ask. */
  declare readonly retryAfterMs?: number
  /** True if the operation certainly had no effect and may be repeated; absent if that is unknown. */
  declare readonly notExecuted?: boolean
  /** `local` if the cause is on our side; the circuit breaker does not count such errors. */
  declare readonly fault?: 'local' | 'remote'

  constructor(message: string, context: ErrorContext, retryableByDefault: boolean, errorClass?: ErrorClass) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause })
    this.name = new.target.name
    this.integration = context.integration ?? ''
    this.retryable = context.retryable ?? retryableByDefault
    this.errorClass = context.errorClass ?? errorClass
    const { retryAfterMs, notExecuted, fault } = context
    if (retryAfterMs !== undefined) Object.assign(this, { retryAfterMs })
    if (notExecuted !== undefined) Object.assign(this, { notExecuted })
    if (fault !== undefined) Object.assign(this, { fault })
  }

  /** What `console.log` shows. @internal */
  [INSPECT](): Error {
    return shownError(this)
  }
}

/** The connection could not be made, was lost, or is down. */
export class ConnectionError extends IntegrationError {
  readonly kind = 'connection'
  readonly reason: string
  constructor(reason: string, context: ErrorContext = {}) {
    super(reason, context, true, 'connection-reset')
    this.reason = reason
  }
}

/** The details that the message of a time-out may include. */
export interface TimeoutContext extends ErrorContext {
  /** How long the operation took, in milliseconds. */
  readonly afterMs?: number
  readonly attempts?: number
  /** Why there was no connection when the time was up. */
  readonly notConnected?: string
}

/** The operation did not finish within its time-out. */
export class TimeoutError extends IntegrationError {
  readonly kind = 'timeout'
  /** The operation and its target, for example `call users.list`. */
  readonly operation: string
  constructor(operation: string, context: TimeoutContext = {}) {
    super(`${operation} timed out${timeoutDetails(context)}`, context, true, 'timeout')
    this.operation = operation
  }
}

function timeoutDetails({ afterMs, attempts = 0, notConnected }: TimeoutContext): string {
  const after = afterMs === undefined ? '' : ` after ${Math.round(afterMs)} ms`
  const tried = attempts > 1 ? ` and ${attempts} attempts` : ''
  return `${after}${tried}${notConnected === undefined ? '' : `; there is no connection: ${notConnected}`}`
}

/** The circuit breaker is open, so the operation was not attempted. */
export class CircuitOpenError extends IntegrationError {
  readonly kind = 'circuit-open'
  /** Milliseconds until the breaker lets a probe through. */
  override readonly retryAfterMs: number
  constructor(retryAfterMs: number, context: ErrorContext = {}) {
    super(`the circuit is open; next attempt in ${Math.ceil(retryAfterMs)} ms`, context, true)
    this.retryAfterMs = retryAfterMs
  }
}

/** The other side refused our credentials, or we could not obtain any. The reason never contains a secret. */
export class AuthError extends IntegrationError {
  readonly kind = 'auth'
  readonly reason: string
  constructor(reason: string, context: ErrorContext = {}) {
    super(reason, context, false)
    this.reason = reason
  }
}

/** The server answered a call with an error. */
export class RpcError extends IntegrationError {
  readonly kind = 'rpc'
  readonly code: number
  readonly data: unknown
  constructor(code: number, message: string, data?: unknown, context: ErrorContext = {}) {
    super(message, context, false)
    this.code = code
    this.data = data
  }
}

/** A value cannot be encoded in the wire format, or received bytes cannot be decoded. */
export class SerializeError extends IntegrationError {
  readonly kind = 'serialize'
  readonly reason: string
  constructor(reason: string, context: ErrorContext = {}) {
    super(reason, context, false)
    this.reason = reason
  }
}

/** The broker rejected a message, or the message could not be sent. */
export class PublishError extends IntegrationError {
  readonly kind = 'publish'
  readonly topic: string
  readonly reason: string
  constructor(topic: string, reason: string, context: ErrorContext = {}) {
    super(`publish to ${topic}: ${reason}`, context, false)
    this.topic = topic
    this.reason = reason
  }
}

/** The broker refused a subscription, or the subscription ended with an error. */
export class SubscribeError extends IntegrationError {
  readonly kind = 'subscribe'
  readonly topic: string
  readonly reason: string
  constructor(topic: string, reason: string, context: ErrorContext = {}) {
    super(`subscribe to ${topic}: ${reason}`, context, false)
    this.topic = topic
    this.reason = reason
  }
}

/** A message could not be put into a queue. */
export class EnqueueError extends IntegrationError {
  readonly kind = 'enqueue'
  readonly queue: string
  readonly reason: string
  constructor(queue: string, reason: string, context: ErrorContext = {}) {
    super(`send to queue ${queue}: ${reason}`, context, false)
    this.queue = queue
    this.reason = reason
  }
}

/** A message could not be taken from a queue. */
export class DequeueError extends IntegrationError {
  readonly kind = 'dequeue'
  readonly queue: string
  readonly reason: string
  constructor(queue: string, reason: string, context: ErrorContext = {}) {
    super(`receive from queue ${queue}: ${reason}`, context, false)
    this.queue = queue
    this.reason = reason
  }
}

/** A delivery could not be acknowledged or given back. */
export class AckError extends IntegrationError {
  readonly kind = 'ack'
  readonly queue: string
  readonly reason: string
  constructor(queue: string, reason: string, context: ErrorContext = {}) {
    super(`acknowledge in queue ${queue}: ${reason}`, context, true)
    this.queue = queue
    this.reason = reason
  }
}

/** The actor that was handling the operation died. */
export class ActorCrashedError extends IntegrationError {
  readonly kind = 'actor-crashed'
  readonly reason: string
  /** Whether the operation may have had its effect before the actor died. */
  readonly maybeExecuted: boolean
  constructor(reason: string, maybeExecuted: boolean, context: ErrorContext = {}) {
    super(`the actor crashed: ${reason}`, context, true)
    this.reason = reason
    this.maybeExecuted = maybeExecuted
  }
}

/** The mailbox is full, and its overflow policy refused or dropped the message. */
export class MailboxFullError extends IntegrationError {
  readonly kind = 'mailbox-full'
  constructor(message = 'the mailbox is full', context: ErrorContext = {}) {
    super(message, context, true)
  }
}

/** The configured rate limit, or that of the server, refused the request. */
export class RateLimitedError extends IntegrationError {
  readonly kind = 'rate-limited'
  /** Milliseconds until the next request is allowed. */
  override readonly retryAfterMs: number
  constructor(retryAfterMs: number, context: ErrorContext = {}) {
    super(`rate limited; next request in ${Math.ceil(retryAfterMs)} ms`, context, true, 'rate-limited')
    this.retryAfterMs = retryAfterMs
  }
}

/** The protocol does not have this operation. Its manifest says so, so nothing was sent. */
export class UnsupportedError extends IntegrationError {
  readonly kind = 'unsupported'
  readonly operation: string
  constructor(operation: string, context: ErrorContext = {}) {
    super(`${operation} is not supported`, context, false)
    this.operation = operation
  }
}

/** The caller's AbortSignal aborted. */
export class CancelledError extends IntegrationError {
  readonly kind = 'cancelled'
  constructor(context: ErrorContext = {}) {
    super('the operation was cancelled', context, false)
  }
}

/** The gateway is shutting down or is shut down. */
export class ShutdownError extends IntegrationError {
  readonly kind = 'shutdown'
  constructor(context: ErrorContext = {}) {
    super('the gateway is shut down', context, false)
  }
}

/** The configuration or an argument is wrong. */
export class ConfigError extends IntegrationError {
  readonly kind = 'config'
  /** Every fault of the configuration, with its place; empty for a wrong argument. */
  readonly diagnostics: readonly Diagnostic[]
  constructor(message: string, diagnostics: readonly Diagnostic[] = [], context: ErrorContext = {}) {
    super(message, context, false)
    this.diagnostics = diagnostics
  }
}

/** Milliseconds that the other side asked us to wait before the next attempt; `undefined` if it did not ask. */
export function retryAfterOf(error: unknown): number | undefined {
  const wait = (error as { retryAfterMs?: unknown } | null)?.retryAfterMs
  return typeof wait === 'number' ? wait : undefined
}

const CLASSES = {
  IntegrationError,
  ConnectionError,
  TimeoutError,
  CircuitOpenError,
  AuthError,
  RpcError,
  SerializeError,
  PublishError,
  SubscribeError,
  EnqueueError,
  DequeueError,
  AckError,
  ActorCrashedError,
  MailboxFullError,
  RateLimitedError,
  UnsupportedError,
  CancelledError,
  ShutdownError,
  ConfigError,
}
// A minifier renames classes. The names are part of the API, and `console.log` shows them.
for (const [name, value] of Object.entries(CLASSES)) Object.defineProperty(value, 'name', { value: name })
