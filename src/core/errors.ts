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
  /** What went wrong, from a closed list. */
  abstract readonly kind: ErrorKind
  /** The integration in which it happened; empty if there is none. */
  readonly integration: string
  /** Whether the same operation may succeed if it is repeated. */
  readonly retryable: boolean
  /** The transient class that `retry { retryable_errors }` matches on; absent if no class applies. */
  readonly errorClass: ErrorClass | undefined
  /** How long the other side asked us to wait before the next attempt, in milliseconds; absent if it did not ask. */
  declare readonly retryAfterMs?: number
  /** True if the operation certainly had no effect and may be repeated; absent if that is unknown. */
  declare readonly notExecuted?: boolean
  /** `local` if the cause is on our side; the circuit breaker does not count such errors. */
  declare readonly fault?: 'local' | 'remote'

  /**
   * For the classes below.
   * @param message what went wrong, in words
   * @param context overrides what the class has by default
   * @param retryableByDefault the default of `retryable`
   * @param errorClass the default of `errorClass`
   */
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
  /** What happened, in words. */
  readonly reason: string
  /**
   * Retryable by default.
   * @param reason what happened to the connection, in words; also the message
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(reason: string, context: ErrorContext = {}) {
    super(reason, context, true, 'connection-reset')
    this.reason = reason
  }
}

/** The details that the message of a time-out may include. */
export interface TimeoutContext extends ErrorContext {
  /** How long the operation took, in milliseconds. */
  readonly afterMs?: number
  /** How many attempts were made. */
  readonly attempts?: number
  /** Why there was no connection when the time was up. */
  readonly notConnected?: string
}

/** The operation did not finish within its time-out. */
export class TimeoutError extends IntegrationError {
  readonly kind = 'timeout'
  /** The operation and its target, for example `call users.list`. */
  readonly operation: string
  /**
   * Retryable by default.
   * @param operation what was being done, for example `call users.list`
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
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
  /**
   * Retryable by default.
   * @param retryAfterMs milliseconds until the breaker lets a probe through
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(retryAfterMs: number, context: ErrorContext = {}) {
    super(`the circuit is open; next attempt in ${Math.ceil(retryAfterMs)} ms`, context, true)
    this.retryAfterMs = retryAfterMs
  }
}

/** The other side refused our credentials, or we could not obtain any. The reason never contains a secret. */
export class AuthError extends IntegrationError {
  readonly kind = 'auth'
  /** What happened, in words. */
  readonly reason: string
  /**
   * Not retryable by default.
   * @param reason why, in words and without a secret; also the message
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(reason: string, context: ErrorContext = {}) {
    super(reason, context, false)
    this.reason = reason
  }
}

/** The server answered a call with an error. */
export class RpcError extends IntegrationError {
  readonly kind = 'rpc'
  /** The code of the protocol (JSON-RPC 2.0, section 5.1), or the number of the gRPC status. */
  readonly code: number
  /** What the server adds to its error; `undefined` for nothing. */
  readonly data: unknown
  /**
   * Not retryable by default.
   * @param code a whole number of 32 bits; JSON-RPC 2.0, section 5.1, reserves -32768 to -32000
   * @param message what went wrong, for the caller
   * @param data further details, which the wire format must be able to carry
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(code: number, message: string, data?: unknown, context: ErrorContext = {}) {
    super(message, context, false)
    this.code = code
    this.data = data
  }
}

/** A value cannot be encoded in the wire format, or received bytes cannot be decoded. */
export class SerializeError extends IntegrationError {
  readonly kind = 'serialize'
  /** What happened, in words. */
  readonly reason: string
  /**
   * Not retryable by default.
   * @param reason what cannot be carried or read, in words; also the message
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(reason: string, context: ErrorContext = {}) {
    super(reason, context, false)
    this.reason = reason
  }
}

/** The broker rejected a message, or the message could not be sent. */
export class PublishError extends IntegrationError {
  readonly kind = 'publish'
  /** The topic, or the pattern of topics. */
  readonly topic: string
  /** What happened, in words. */
  readonly reason: string
  /**
   * Not retryable by default.
   * @param topic the topic that was published to
   * @param reason why, in words
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(topic: string, reason: string, context: ErrorContext = {}) {
    super(`publish to ${topic}: ${reason}`, context, false)
    this.topic = topic
    this.reason = reason
  }
}

/** The broker refused a subscription, or the subscription ended with an error. */
export class SubscribeError extends IntegrationError {
  readonly kind = 'subscribe'
  /** The topic, or the pattern of topics. */
  readonly topic: string
  /** What happened, in words. */
  readonly reason: string
  /**
   * Not retryable by default.
   * @param topic the pattern that was subscribed to
   * @param reason why, in words
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(topic: string, reason: string, context: ErrorContext = {}) {
    super(`subscribe to ${topic}: ${reason}`, context, false)
    this.topic = topic
    this.reason = reason
  }
}

/** A message could not be put into a queue. */
export class EnqueueError extends IntegrationError {
  readonly kind = 'enqueue'
  /** The queue. */
  readonly queue: string
  /** What happened, in words. */
  readonly reason: string
  /**
   * Not retryable by default.
   * @param queue the queue that was sent to
   * @param reason why, in words
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(queue: string, reason: string, context: ErrorContext = {}) {
    super(`send to queue ${queue}: ${reason}`, context, false)
    this.queue = queue
    this.reason = reason
  }
}

/** A message could not be taken from a queue. */
export class DequeueError extends IntegrationError {
  readonly kind = 'dequeue'
  /** The queue. */
  readonly queue: string
  /** What happened, in words. */
  readonly reason: string
  /**
   * Not retryable by default.
   * @param queue the queue that was read
   * @param reason why, in words
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(queue: string, reason: string, context: ErrorContext = {}) {
    super(`receive from queue ${queue}: ${reason}`, context, false)
    this.queue = queue
    this.reason = reason
  }
}

/** A delivery could not be acknowledged or given back. */
export class AckError extends IntegrationError {
  readonly kind = 'ack'
  /** The queue. */
  readonly queue: string
  /** What happened, in words. */
  readonly reason: string
  /**
   * Retryable by default.
   * @param queue the queue of the delivery
   * @param reason why, in words
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(queue: string, reason: string, context: ErrorContext = {}) {
    super(`acknowledge in queue ${queue}: ${reason}`, context, true)
    this.queue = queue
    this.reason = reason
  }
}

/** The actor that was handling the operation died. */
export class ActorCrashedError extends IntegrationError {
  readonly kind = 'actor-crashed'
  /** What happened, in words. */
  readonly reason: string
  /** Whether the operation may have had its effect before the actor died. */
  readonly maybeExecuted: boolean
  /**
   * Retryable by default.
   * @param reason why the actor died, in words
   * @param maybeExecuted whether the operation may have had its effect
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(reason: string, maybeExecuted: boolean, context: ErrorContext = {}) {
    super(`the actor crashed: ${reason}`, context, true)
    this.reason = reason
    this.maybeExecuted = maybeExecuted
  }
}

/** The mailbox is full, and its overflow policy refused or dropped the message. */
export class MailboxFullError extends IntegrationError {
  readonly kind = 'mailbox-full'
  /**
   * Retryable by default.
   * @param message what is full
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(message = 'the mailbox is full', context: ErrorContext = {}) {
    super(message, context, true)
  }
}

/** The configured rate limit, or that of the server, refused the request. */
export class RateLimitedError extends IntegrationError {
  readonly kind = 'rate-limited'
  /** Milliseconds until the next request is allowed. */
  override readonly retryAfterMs: number
  /**
   * Retryable by default.
   * @param retryAfterMs milliseconds until the next request may be made
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(retryAfterMs: number, context: ErrorContext = {}) {
    super(`rate limited; next request in ${Math.ceil(retryAfterMs)} ms`, context, true, 'rate-limited')
    this.retryAfterMs = retryAfterMs
  }
}

/** The protocol does not have this operation. Its manifest says so, so nothing was sent. */
export class UnsupportedError extends IntegrationError {
  readonly kind = 'unsupported'
  /** What is not supported, for example `publish` or `serve over json-rpc`. */
  readonly operation: string
  /**
   * Not retryable by default.
   * @param operation the operation that the protocol does not have
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(operation: string, context: ErrorContext = {}) {
    super(`${operation} is not supported`, context, false)
    this.operation = operation
  }
}

/** The caller's AbortSignal aborted. */
export class CancelledError extends IntegrationError {
  readonly kind = 'cancelled'
  /**
   * Not retryable by default.
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(context: ErrorContext = {}) {
    super('the operation was cancelled', context, false)
  }
}

/** The gateway is shutting down or is shut down. */
export class ShutdownError extends IntegrationError {
  readonly kind = 'shutdown'
  /**
   * Not retryable by default.
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(context: ErrorContext = {}) {
    super('the gateway is shut down', context, false)
  }
}

/** The configuration or an argument is wrong. */
export class ConfigError extends IntegrationError {
  readonly kind = 'config'
  /** Every fault of the configuration, with its place; empty for a wrong argument. */
  readonly diagnostics: readonly Diagnostic[]
  /**
   * Not retryable by default.
   * @param message what is wrong, in words
   * @param diagnostics every fault with its place; empty for a wrong argument
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(message: string, diagnostics: readonly Diagnostic[] = [], context: ErrorContext = {}) {
    super(message, context, false)
    this.diagnostics = diagnostics
  }
}

/**
 * Milliseconds that the other side asked us to wait before the next attempt; `undefined` if it did not ask. Never
 * throws.
 * @param error anything that was caught
 * @returns milliseconds; `undefined` where the error does not say
 */
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
