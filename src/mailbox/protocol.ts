import type { RefusalReport } from '../core/adapter/protocol-adapter.js'
import type { Identity } from '../core/identity.js'
import type { InMilliseconds } from '../core/in-milliseconds.js'
import type {
  CallOptions,
  ConsumeOptions,
  NackOptions,
  PublishOptions,
  SendOptions,
  SubscribeOptions,
} from '../core/operation-options.js'
import type { Capacity, Overflow } from '../core/overflow.js'
import type { TransformSettings } from '../core/settings/transform.js'
import type { BreakerState, ConnectionState, ListenAddress } from '../core/status.js'
import type { Headers, Value } from '../core/value.js'
import type { ErrorRecord } from './error-codec.js'
import type { NameUpdate } from './names.js'
import type { Packed } from './packing.js'

export { VERBS, type Verb } from './verbs.js'

/*
 * The messages of a channel. Batches consist of columns instead of objects: request i of a batch is row i of every
 * column, and its number is `first + i`.
 */

/** A batch from host to actor. */
export interface RequestBatch {
  readonly first: number
  /**
   * Numbers of the operations, which are the same in every life of the actor. Row i has `operations[i]`, or
   * `operations + i` if the numbers are consecutive.
   */
  readonly operations: readonly number[] | number
  readonly names: NameUpdate | undefined
  /** Index into VERBS. */
  readonly verbs: readonly number[]
  /** Number of the method, topic or queue. */
  readonly targets: readonly number[]
  /** The value of each request; `null` if the payload is bytes. */
  readonly values: readonly unknown[]
  /** The payloads that are bytes, in order. `at` has the rows to which they belong. */
  readonly bytes: { readonly at: readonly number[]; readonly packed: Packed } | undefined
  /** The options of each request; undefined if no request of the batch has any. */
  readonly options: readonly (RequestOptions | undefined)[] | undefined
  /** Milliseconds of `clock.monotonic()`; 0 for the actor's default time-out. Undefined if all are 0. */
  readonly deadlines: readonly number[] | undefined
}

/**
 * Options of a request; each verb reads some of them. An object shared by several requests is cloned once in a batch.
 */
export interface RequestOptions
  extends InMilliseconds<Pick<PublishOptions, 'qos' | 'retain' | 'headers' | 'expiry' | 'format'>>,
    InMilliseconds<Pick<SendOptions, 'delay'>>,
    Pick<NackOptions, 'reason'>,
    Pick<CallOptions, 'idempotent'> {
  /**
   * Whether an earlier life died while working on it. It is then alone in a turn, so that another crash identifies it.
   */
  readonly suspect?: boolean
  /** MIME type of the payload, of publish and enqueue. */
  readonly contentType?: string
  /** The id of a source that receives the result, of call; the call then resolves with null. */
  readonly into?: number
  /** The source to open; of subscribe, consume, serve and collect. */
  readonly source?: SourceSpec
}

/** Describes a source of messages for the host. */
export interface SourceSpec
  extends InMilliseconds<Pick<SubscribeOptions, 'format' | 'qos' | 'params' | 'headers' | 'conflate'>>,
    Pick<ConsumeOptions, 'concurrency' | 'maxDeliveries' | 'deadLetter'> {
  /** Identifies the source in `DeliveryRun`. */
  readonly id: number
  readonly kind: 'topic' | 'queue' | 'service' | 'collector'
  /** Whether an earlier life of the actor had it open. Other operations wait until it has been tried. */
  readonly reopens?: true
  readonly credit: SharedArrayBuffer
  readonly window: Capacity
  /** What crosses. With `bytes` the host may decode them later. */
  readonly decode: 'value' | 'bytes'
  readonly overflow: Overflow
  /** Transforms in order, between the broker and the host. What crosses are then values. */
  readonly transforms?: readonly TransformSettings[]
  /** The values of `data` blocks for `join` when the source is opened; read for each life of the actor. */
  readonly joined?: Readonly<Record<string, unknown>>
}

/** A batch from actor to host. */
export interface ActorBatch {
  /** Requests that succeeded without a value: first, count, first, count … */
  readonly done: readonly number[] | undefined
  readonly replies: { readonly seqs: readonly number[]; readonly values: readonly unknown[] } | undefined
  readonly failures: { readonly seqs: readonly number[]; readonly errors: readonly ErrorRecord[] } | undefined
  readonly names: NameUpdate | undefined
  readonly runs: readonly DeliveryRun[] | undefined
  readonly notices: readonly ActorNotice[] | undefined
}

/** Consecutive messages of one source. */
export interface DeliveryRun {
  readonly source: number
  readonly count: number
  /** The number of the topic of each message, or one number if all have the same topic. */
  readonly topics: readonly number[] | number
  readonly payload:
    | { readonly kind: 'values'; readonly values: readonly unknown[] }
    | { readonly kind: 'packed'; readonly packed: Packed }
  /** The size of all payloads on the wire, for which credit is returned. */
  readonly bytes: number
  /** The metadata of each message; undefined if none has any. */
  readonly extras: readonly (DeliveryExtras | undefined)[] | undefined
}

export interface DeliveryExtras {
  readonly headers?: Headers
  readonly retain?: boolean
  /** MIME type of the payload, if the protocol carries one. */
  readonly contentType?: string
  /** Identifies a delivery of a queue or service when it is settled or answered. */
  readonly token?: number
  /** The caller of a service, if it is known. */
  readonly identity?: Identity
  /** The broker's id of the message. */
  readonly id?: string
  readonly attempt?: number
  readonly redelivered?: boolean
  /** Why the payload could not be decoded; `bytes` is then the payload. */
  readonly fault?: ErrorRecord
  readonly bytes?: Uint8Array
}

/** One message of a queue, the result of `receive`. */
export interface ReceivedMessage {
  readonly topic: string
  readonly value?: Value
  readonly bytes?: Uint8Array
  readonly extras: DeliveryExtras
}

/** A notice that an actor sends without a request. */
export type ActorNotice =
  | { readonly kind: 'source-ended'; readonly source: number; readonly error: ErrorRecord }
  | {
      readonly kind: 'connection'
      readonly state: ConnectionState
      readonly reason?: string
      readonly attempt: number
      /** Why the connection was lost, or an attempt failed. */
      readonly error?: ErrorRecord
      /** Where a server listens now. */
      readonly listening?: ListenAddress
    }
  | { readonly kind: 'breaker'; readonly state: BreakerState }
  | {
      readonly kind: 'dropped'
      readonly source: number
      readonly dropped: number
    }
  /** Messages of a subscription were lost before they reached the actor. */
  | {
      readonly kind: 'gap'
      /** The pattern of the subscription. */
      readonly topic: string
      /** How many messages; 0 if unknown. */
      readonly lost: number
      readonly reason: string
    }
  /** A server has refused callers. */
  | ({ readonly kind: 'refused' } & RefusalReport)
  | {
      readonly kind: 'dead-letter'
      /** The route whose message it is. */
      readonly route?: string
      readonly queue: string
      readonly reason: string
      readonly attempts: number
      readonly bytes: Uint8Array
      readonly headers?: Headers
    }
