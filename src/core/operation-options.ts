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
 * The options of each operation, described once: clients take and check them as they stand here, the mailbox and the
 * adapters get them `InMilliseconds`.
 */

/** For the check of arguments: every option of `T`, and no other. */
type Checks<T> = { readonly [K in keyof Required<T>]: Expected }

/** How long an operation may take, and who may end it early. */
export interface OperationLimits {
  /** Milliseconds or text such as `"2s"`, for all attempts together; the integration's own when absent. */
  readonly timeout?: Duration
  readonly signal?: AbortSignal
}
const LIMITS = { timeout: DURATION, signal: SIGNAL } as const satisfies Checks<OperationLimits>

/** What an operation may say of its payload. */
export interface FormatOption {
  /**
   * The wire format of the payload, one of those of the protocol; the integration's own when absent. Where the
   * integration has a schema, `protobuf:pkg.Message` names another message than its own.
   */
  readonly format?: string
}
const FORMAT = { format: TEXT } as const satisfies Checks<FormatOption>

const QOS = oneOf(0, 1, 2)

export interface CallOptions extends OperationLimits {
  /** It may be done twice without harm: it is then repeated when its actor or its connection is lost. */
  readonly idempotent?: boolean
  /** Headers or metadata, where the protocol's requests have them. */
  readonly headers?: Headers
}
export const CALL_OPTIONS = {
  ...LIMITS,
  idempotent: FLAG,
  headers: HEADERS,
} as const satisfies Checks<CallOptions>

export interface PublishOptions extends OperationLimits, FormatOption {
  /** MQTT's quality of service; the integration's own when absent. */
  readonly qos?: 0 | 1 | 2
  /** The broker keeps it for new subscribers. */
  readonly retain?: boolean
  readonly headers?: Headers
  /** After this long it is of no use any more. */
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

export interface SubscribeOptions extends OperationLimits, FormatOption {
  /** What crosses to this thread: the value (default), the bytes, or the bytes to be decoded when first looked at. */
  readonly decode?: 'value' | 'bytes' | 'lazy'
  /** When the consumer does not keep up: hold the broker back (default), end the subscription, or drop messages. */
  readonly overflow?: Overflow
  /** Only the newest message of each topic, at most every so often: what a screen can show. */
  readonly conflate?: Duration
  readonly qos?: 0 | 1 | 2
  /**
   * What the subscription is opened with where it is a method of a service (gRPC, JSON-RPC). Such a subscription is
   * shared with no other.
   */
  readonly params?: unknown
  /** Headers or metadata of the request that opens it, where the protocol has them. */
  readonly headers?: Headers
  /** Not in this version. */
  readonly transform?: string
}
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

export interface SendOptions extends OperationLimits, FormatOption {
  readonly headers?: Headers
  /** Deliver it no earlier than in this long. */
  readonly delay?: Duration
}
export const SEND_OPTIONS = {
  ...LIMITS,
  ...FORMAT,
  headers: HEADERS,
  delay: DURATION,
} as const satisfies Checks<SendOptions>

/** How one message is taken. */
export interface ReceiveOptions extends OperationLimits, FormatOption {}
export const RECEIVE_OPTIONS = { ...LIMITS, ...FORMAT } as const satisfies Checks<ReceiveOptions>

export interface ConsumeOptions extends FormatOption {
  /** Messages unsettled at a time. Default 1. */
  readonly concurrency?: number
  /** Dead-lettered when this many deliveries have not settled it; Infinity for never. */
  readonly maxDeliveries?: number
  /** The queue for dead letters; without it they are only reported (`message:dead`). */
  readonly deadLetter?: string
  /** How long a message waits that was given back by an exception. By default the delay grows with each delivery. */
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

export interface NackOptions {
  /** Why, in words: part of the dead letter if the message becomes one. */
  readonly reason?: string
  /** Deliver it again no earlier than in this long. */
  readonly delay?: Duration
}
export const NACK_OPTIONS = { delay: DURATION, reason: TEXT } as const satisfies Checks<NackOptions>
