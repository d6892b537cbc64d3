import type { Headers, Value } from '../../core/value.js'

export { eachEntry, type Frame, FrameWriter } from './frame.js'

/**
 * The protocol between the memory broker and its clients: both sides send frames of entries over a MessagePort. Clients
 * of the broker import only this file.
 * `id` is the client's number of a request, answered by exactly one of `done`, `enqueued`, `result` and `failed`. The
 * client assigns `subscription`, `consumer` and `service`, the broker assigns `tag` and `request`; all are unique only
 * on their connection.
 */
export type ToBroker =
  | { readonly op: 'ping'; readonly id: number }
  | PublishEntry
  | SubscribeEntry
  | { readonly op: 'unsubscribe'; readonly id: number; readonly subscription: number }
  /** Unsubscribes, and is answered when the messages that the broker holds for the subscription have been sent. */
  | { readonly op: 'finish'; readonly id: number; readonly subscription: number }
  | CreditEntry
  | EnqueueEntry
  | { readonly op: 'consume'; readonly id: number; readonly consumer: number; readonly queue: string }
  | { readonly op: 'request'; readonly consumer: number; readonly count: number }
  | { readonly op: 'unconsume'; readonly id: number; readonly consumer: number }
  | { readonly op: 'ack'; readonly id: number; readonly tag: number }
  | { readonly op: 'nack'; readonly id: number; readonly tag: number; readonly delayMs: number }
  /** Gives back a message that no handler has seen, to its place and uncounted. */
  | { readonly op: 'undelivered'; readonly id: number; readonly tag: number }
  | { readonly op: 'serve'; readonly id: number; readonly service: number; readonly method: string }
  | { readonly op: 'unserve'; readonly id: number; readonly service: number }
  | CallEntry
  | AnswerEntry
  /** Returns credit for results that the caller has taken: the sum of their `weight`. */
  | { readonly op: 'took'; readonly weight: number }
  /** Gives back a request that no handler has seen: to another server, or with `busy` as a failure to the caller. */
  | { readonly op: 'decline'; readonly request: number; readonly busy?: boolean }

/** Publishes a message. Acknowledged when every subscription has room for it; `held` is sent before if one has not. */
export interface PublishEntry {
  readonly op: 'publish'
  readonly id: number
  readonly topic: string
  readonly size: number
  readonly retain?: boolean
  readonly headers?: Headers
  /** The `clock.monotonic()` milliseconds at which the message expires. */
  readonly expiresAt?: number
}

/** Subscribes. The initial credit is `SUBSCRIBER_WINDOW`. */
export interface SubscribeEntry {
  readonly op: 'subscribe'
  readonly id: number
  readonly subscription: number
  readonly pattern: string
}

/** Returns credit for messages that a sink has taken. */
export interface CreditEntry {
  readonly op: 'credit'
  readonly subscription: number
  readonly messages: number
  readonly bytes: number
}

export interface EnqueueEntry {
  readonly op: 'enqueue'
  readonly id: number
  readonly queue: string
  readonly size: number
  readonly headers?: Headers
  readonly delayMs?: number
  /** The same in every attempt to send this message, so that the broker stores it once. */
  readonly operation?: string
}

export interface CallEntry {
  readonly op: 'call'
  readonly id: number
  readonly method: string
  readonly params?: Value
  /** The `clock.monotonic()` milliseconds at which the caller stops waiting. */
  readonly deadline: number
  /** A notification is acknowledged when a server has accepted it. */
  readonly notification?: boolean
}

/** Answers a request. With an `id` it is acknowledged by `done` when it is on its way to the caller, or dropped. */
export interface AnswerEntry {
  readonly op: 'answer'
  readonly id?: number
  readonly request: number
  /** The estimated memory of the value, in bytes. */
  readonly weight?: number
  readonly value?: Value
  readonly fault?: RpcFault
}

/** The entries that the broker sends. */
export type ToClient =
  | { readonly op: 'done'; readonly ids: readonly number[] }
  /**
   * A publish waits for a subscription without room, and no longer counts against the publisher's window. `done`
   * follows.
   */
  | { readonly op: 'held'; readonly id: number }
  | { readonly op: 'failed'; readonly id: number; readonly fault: LineFault }
  | { readonly op: 'enqueued'; readonly id: number; readonly message: string }
  | { readonly op: 'result'; readonly id: number; readonly value: Value; readonly weight: number }
  | MessageEntry
  | DeliveryEntry
  | RequestEntry

export interface MessageEntry {
  readonly op: 'message'
  readonly subscription: number
  readonly topic: string
  readonly size: number
  readonly retain?: boolean
  readonly headers?: Headers
}

export interface DeliveryEntry {
  readonly op: 'delivery'
  readonly consumer: number
  readonly tag: number
  readonly message: string
  /** 1 for the first delivery. */
  readonly attempt: number
  readonly size: number
  readonly headers?: Headers
}

export interface RequestEntry {
  readonly op: 'request'
  readonly service: number
  readonly request: number
  readonly params?: Value
  readonly notification?: boolean
}

/** The error answer of a server (JSON-RPC 2.0, section 5.1). */
export interface RpcFault {
  readonly kind: 'rpc'
  readonly code: number
  readonly message: string
  readonly data?: Value
  readonly retryable?: boolean
  /** Whether no server has seen the call. */
  readonly notExecuted?: boolean
}

/** Why a request failed. */
export type LineFault =
  | RpcFault
  /** The broker refuses the request. `retryable`: it may accept it later. */
  | { readonly kind: 'refused'; readonly reason: string; readonly retryable?: boolean }
  /** The other side of a call has disconnected. */
  | { readonly kind: 'connection'; readonly reason: string }
  | { readonly kind: 'timeout' }

/** The publisher's window: publishes that are neither acknowledged nor held. The last message may exceed the bytes. */
export const PUBLISHER_WINDOW = { messages: 1_024, bytes: 4_194_304 } as const

/** The credit of a subscription: messages on their way to its sink. The last message may exceed the bytes. */
export const SUBSCRIBER_WINDOW = { messages: 1_024, bytes: 1_048_576 } as const

/** How many bytes of results may be on their way to a caller; the last result may exceed them. */
export const RESULT_WINDOW = 4_194_304

/** Maximum number of messages that a consumer may have requested and not received. */
export const CONSUMER_WINDOW = 1_000_000
