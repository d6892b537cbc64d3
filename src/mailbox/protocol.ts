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
import type { BreakerState, ConnectionState, ListenAddress } from '../core/status.js'
import type { Headers, Value } from '../core/value.js'
import type { ErrorRecord } from './error-codec.js'
import type { NameUpdate } from './names.js'
import type { Packed } from './packing.js'

export { VERBS, type Verb } from './verbs.js'

/**
 * What crosses the thread line. Data travels in columns, not in envelopes: request i of a batch is row i
 * of every column, and its number is `first + i`.
 */

/** Host to actor. */
export interface RequestBatch {
  readonly first: number
  /**
   * Numbers of the operations: the same in every life of the actor, unlike `first`. Row i has `operations[i]`, or
   * `operations + i` where they are consecutive.
   */
  readonly operations: readonly number[] | number
  readonly names: NameUpdate | undefined
  /** Index into VERBS. */
  readonly verbs: readonly number[]
  /** Number of the method, topic or queue. */
  readonly targets: readonly number[]
  /** One each; `null` where the payload is bytes. */
  readonly values: readonly unknown[]
  /** Payloads that are bytes, in their order; `at` says which rows they belong to. */
  readonly bytes: { readonly at: readonly number[]; readonly packed: Packed } | undefined
  /** Options of single requests; absent when no request of the batch has any. */
  readonly options: readonly (RequestOptions | undefined)[] | undefined
  /** `clock.monotonic()` milliseconds; 0 where the actor's own time-out holds. Absent when all are 0. */
  readonly deadlines: readonly number[] | undefined
}

/** Options of a request; each verb reads its own. Plain data, often shared between requests (and then cloned once a batch). */
export interface RequestOptions
  extends InMilliseconds<Pick<PublishOptions, 'qos' | 'retain' | 'headers' | 'expiry' | 'format'>>,
    InMilliseconds<Pick<SendOptions, 'delay'>>,
    Pick<NackOptions, 'reason'>,
    Pick<CallOptions, 'idempotent'> {
  /** It was in hand when an earlier life died: it gets a turn of its own, so that we know if it does so again. */
  readonly suspect?: boolean
  /** subscribe, consume, serve: what is wanted. */
  readonly source?: SourceSpec
}

/** Something that yields messages to the host until it is closed. */
export interface SourceSpec
  extends InMilliseconds<Pick<SubscribeOptions, 'format' | 'qos' | 'params' | 'headers' | 'conflate'>>,
    Pick<ConsumeOptions, 'concurrency' | 'maxDeliveries' | 'deadLetter'> {
  /** The number under which its messages arrive. */
  readonly id: number
  readonly kind: 'topic' | 'queue' | 'service'
  readonly credit: SharedArrayBuffer
  readonly window: Capacity
  /** The host decodes what it wants lazily. */
  readonly decode: 'value' | 'bytes'
  readonly overflow: Overflow
}

/** Actor to host. */
export interface ActorBatch {
  /** Requests that succeeded without a value: first, count, first, count … */
  readonly done: readonly number[] | undefined
  readonly replies: { readonly seqs: readonly number[]; readonly values: readonly unknown[] } | undefined
  readonly failures: { readonly seqs: readonly number[]; readonly errors: readonly ErrorRecord[] } | undefined
  readonly names: NameUpdate | undefined
  readonly runs: readonly DeliveryRun[] | undefined
  readonly notices: readonly ActorNotice[] | undefined
}

/** Messages of one source that follow one another. */
export interface DeliveryRun {
  readonly source: number
  readonly count: number
  /** Number of the topic of each message, or of all of them. */
  readonly topics: readonly number[] | number
  readonly payload:
    | { readonly kind: 'values'; readonly values: readonly unknown[] }
    | { readonly kind: 'packed'; readonly packed: Packed }
  /** Bytes of all payloads as they were on the wire: what credit is returned for. */
  readonly bytes: number
  /** What is special about single messages; absent when nothing is. */
  readonly extras: readonly (DeliveryExtras | undefined)[] | undefined
}

export interface DeliveryExtras {
  readonly headers?: Headers
  readonly retain?: boolean
  /** MIME type of the payload, where the protocol carries one. */
  readonly contentType?: string
  /** Queue and service: names the delivery when it is settled or answered. */
  readonly token?: number
  /** The broker's id of the message. */
  readonly id?: string
  readonly attempt?: number
  readonly redelivered?: boolean
  /** Why the payload could not be decoded; `bytes` is the payload then. */
  readonly fault?: ErrorRecord
  readonly bytes?: Uint8Array
}

/** The answer to `receive`: one message of a queue. */
export interface ReceivedMessage {
  readonly topic: string
  readonly value?: Value
  readonly bytes?: Uint8Array
  readonly extras: DeliveryExtras
}

/** What an actor tells the host of its own accord. */
export type ActorNotice =
  | { readonly kind: 'source-ended'; readonly source: number; readonly error: ErrorRecord }
  | {
      readonly kind: 'connection'
      readonly state: ConnectionState
      readonly reason?: string
      readonly attempt: number
      /** Why the connection was lost, or an attempt at it failed. */
      readonly error?: ErrorRecord
      /** Of a server that listens now. */
      readonly listening?: ListenAddress
    }
  | { readonly kind: 'breaker'; readonly state: BreakerState }
  | {
      readonly kind: 'dropped'
      readonly source: number
      readonly dropped: number
    }
  /** Messages of a subscription were lost before they reached us. */
  | {
      readonly kind: 'gap'
      /** The pattern of the subscription. */
      readonly topic: string
      /** How many; 0 where nobody can tell. */
      readonly lost: number
      readonly reason: string
    }
  | {
      readonly kind: 'dead-letter'
      readonly queue: string
      readonly reason: string
      readonly attempts: number
      readonly bytes: Uint8Array
      readonly headers?: Headers
    }
