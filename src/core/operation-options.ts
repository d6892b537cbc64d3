import {
  ANYTHING,
  COUNT,
  COUNT_OR_INFINITY,
  DURATION,
  type Expected,
  FLAG,
  HEADERS,
  NAME,
  oneOf,
  SIGNAL,
  TEXT,
} from './arguments.js'
import type { Duration } from './duration.js'
import { OVERFLOW_POLICIES, type Overflow } from './overflow.js'
import type { Headers } from './value.js'

/*
 * The options of each operation. Clients accept and check them in this form; the mailbox and the adapters receive them
 * `InMilliseconds`.
 */

/** What the check of arguments expects: an entry for every option of `T`, and no other. */
type Checks<T> = { readonly [K in keyof Required<T>]: Expected }

/** Limits an operation in time. */
export interface OperationLimits {
  /**
   * Milliseconds, or text such as `"2s"`, for all attempts together. Default: derived from the integration's settings.
   */
  readonly timeout?: Duration
  /** Cancels the operation when it aborts: the promise rejects with CancelledError. */
  readonly signal?: AbortSignal
}
const LIMITS = { timeout: DURATION, signal: SIGNAL } as const satisfies Checks<OperationLimits>

/** Chooses the wire format of a payload. */
export interface FormatOption {
  /**
   * A wire format of the protocol. Default: the `format` of the integration. With a protobuf schema,
   * `protobuf:pkg.Message` names another message than that of the integration.
   */
  readonly format?: string
}
const FORMAT = { format: TEXT } as const satisfies Checks<FormatOption>

const QOS = oneOf(0, 1, 2)

/** Options of a call. */
export interface CallOptions extends OperationLimits {
  /** Whether the call may be executed twice. If true, the gateway repeats it after its actor or connection is lost. */
  readonly idempotent?: boolean
  /** Headers or metadata of the request, if the protocol has them. */
  readonly headers?: Headers
}
export const CALL_OPTIONS = {
  ...LIMITS,
  idempotent: FLAG,
  headers: HEADERS,
} as const satisfies Checks<CallOptions>

/** Options of a publish. */
export interface PublishOptions extends OperationLimits, FormatOption {
  /** MQTT's quality of service. Default: that of the integration. */
  readonly qos?: 0 | 1 | 2
  /** Whether the broker keeps the message for new subscribers. */
  readonly retain?: boolean
  /** Text metadata beside the payload, where the protocol has it. */
  readonly headers?: Headers
  /** Milliseconds or text such as `"2s"` after which the broker discards the message. */
  readonly expiry?: Duration
}
export const PUBLISH_OPTIONS = {
  ...LIMITS,
  ...FORMAT,
  qos: QOS,
  retain: FLAG,
  headers: HEADERS,
  expiry: DURATION,
} as const satisfies Checks<PublishOptions>

/** Options of a subscription. */
export interface SubscribeOptions extends OperationLimits, FormatOption {
  /** What crosses to the host thread: the value (default), the bytes, or the bytes to be decoded on first access. */
  readonly decode?: 'value' | 'bytes' | 'lazy'
  /**
   * What happens if the subscriber is too slow: `block` (default) holds the broker back, `reject` ends the
   * subscription.
   */
  readonly overflow?: Overflow
  /** Delivers only the newest message of each topic, at most once in this time. */
  readonly conflate?: Duration
  /** MQTT's quality of service. Default: that of the integration. */
  readonly qos?: 0 | 1 | 2
  /**
   * The parameters of a subscription that is a method of a service (gRPC, JSON-RPC). Such a subscription is not shared.
   */
  readonly params?: unknown
  /** Headers or metadata of the request that opens the subscription, if the protocol has them. */
  readonly headers?: Headers
  /**
   * Transforms messages in the thread of the integration, before they cross: a jq query such as `".payload.price"`, a
   * `transform` block of the object form, or a list of both. The first transform sees an object of `topic`, `payload`,
   * `headers` and `timestamp`. `decode` must then be `"value"`.
   */
  readonly transform?: TransformOption | readonly TransformOption[]
}

/** A jq query, or a `transform` block of the object form. */
export type TransformOption = string | Readonly<Record<string, unknown>>

export const SUBSCRIBE_OPTIONS = {
  ...LIMITS,
  ...FORMAT,
  decode: oneOf('value', 'bytes', 'lazy'),
  overflow: oneOf(...OVERFLOW_POLICIES),
  conflate: DURATION,
  qos: QOS,
  params: ANYTHING,
  headers: HEADERS,
  transform: ANYTHING,
} as const satisfies Checks<SubscribeOptions>

/** Options of a send. */
export interface SendOptions extends OperationLimits, FormatOption {
  /** Text metadata beside the payload, where the protocol has it. */
  readonly headers?: Headers
  /**
   * Milliseconds or text such as `"2s"` that the broker waits at least before it delivers the message. Redis and memory
   * have it; MQTT and NATS reject it with an UnsupportedError.
   */
  readonly delay?: Duration
}
export const SEND_OPTIONS = {
  ...LIMITS,
  ...FORMAT,
  headers: HEADERS,
  delay: DURATION,
} as const satisfies Checks<SendOptions>

/** Options of a receive. */
export interface ReceiveOptions extends OperationLimits, FormatOption {}
export const RECEIVE_OPTIONS = { ...LIMITS, ...FORMAT } as const satisfies Checks<ReceiveOptions>

/** How a queue is consumed. */
export interface ConsumeOptions extends FormatOption {
  /** The maximum number of unsettled messages, from 1 to 65535. Default 1. */
  readonly concurrency?: number
  /** A message is dead-lettered after this many failed deliveries; Infinity for never. */
  readonly maxDeliveries?: number
  /** The queue for dead letters. If absent, they are only reported (`message:dead`). */
  readonly deadLetter?: string
  /**
   * How long a message waits before redelivery after its handler threw. By default the delay grows with each delivery.
   */
  readonly retryDelay?: Duration
}
const UP_TO_65535: Expected = {
  what: 'a whole number from 1 to 65535',
  is: (value) => COUNT.is(value) && (value as number) <= 65_535,
}
export const CONSUME_OPTIONS = {
  ...FORMAT,
  concurrency: UP_TO_65535,
  maxDeliveries: COUNT_OR_INFINITY,
  deadLetter: NAME,
  retryDelay: DURATION,
} as const satisfies Checks<ConsumeOptions>

/** Options of a nack. */
export interface NackOptions {
  /** Why the message failed; part of the dead letter if the message becomes one. */
  readonly reason?: string
  /** Milliseconds or text such as `"2s"` that the broker waits at least before redelivery. */
  readonly delay?: Duration
}
export const NACK_OPTIONS = { delay: DURATION, reason: TEXT } as const satisfies Checks<NackOptions>
