import type { Headers, Value } from '../../core/value.js'

export { eachEntry, type Frame, FrameWriter } from './frame.js'

/**
 * The protocol between the memory broker and an actor, spoken over a MessagePort. Either side sends frames of
 * entries. This is all that clients of the broker import.
 *
 * `id` is the client's number of a request and is answered by exactly one of `done`, `enqueued`, `result` and
 * `failed`. `subscription`, `consumer` and `service` are numbers that the client gives; `tag` and `request`
 * are numbers that the broker gives. All of them are unique on their line only.
 */
export type ToBroker =
  | { readonly op: 'ping'; readonly id: number }
  | PublishEntry
  | SubscribeEntry
  | { readonly op: 'unsubscribe'; readonly id: number; readonly subscription: number }
  | CreditEntry
  | EnqueueEntry
  | { readonly op: 'consume'; readonly id: number; readonly consumer: number; readonly queue: string }
  | { readonly op: 'request'; readonly consumer: number; readonly count: number }
  | { readonly op: 'unconsume'; readonly id: number; readonly consumer: number }
  | { readonly op: 'ack'; readonly id: number; readonly tag: number }
  | { readonly op: 'nack'; readonly id: number; readonly tag: number; readonly delayMs: number }
  /** Nobody has seen the message: it goes back to its place at once, uncounted. */
  | { readonly op: 'undelivered'; readonly id: number; readonly tag: number }
  | { readonly op: 'serve'; readonly id: number; readonly service: number; readonly method: string }
  | { readonly op: 'unserve'; readonly id: number; readonly service: number }
  | CallEntry
  | AnswerEntry
  /** Nobody has seen the request: another server of the method gets it, or its caller hears that this one is busy. */
  | { readonly op: 'decline'; readonly request: number; readonly busy?: boolean }

/** Acknowledged once every subscription has room for it. Until then the broker has answered `held`. */
export interface PublishEntry {
  readonly op: 'publish'
  readonly id: number
  readonly topic: string
  readonly size: number
  readonly retain?: boolean
  readonly headers?: Headers
  /** `clock.monotonic()` milliseconds after which it is of no use. */
  readonly expiresAt?: number
}

/** The subscription starts with a credit of `SUBSCRIBER_WINDOW`. */
export interface SubscribeEntry {
  readonly op: 'subscribe'
  readonly id: number
  readonly subscription: number
  readonly pattern: string
}

/** Gives credit back to the broker for what a sink has taken. */
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
  /** The same in every attempt to send this message: the broker keeps it once. */
  readonly operation?: string
}

export interface CallEntry {
  readonly op: 'call'
  readonly id: number
  readonly method: string
  readonly params?: Value
  /** `clock.monotonic()` milliseconds after which the caller no longer waits. */
  readonly deadline: number
  /** A notification is answered as soon as a server has taken it. */
  readonly notification?: boolean
}

export interface AnswerEntry {
  readonly op: 'answer'
  readonly request: number
  readonly value?: Value
  readonly fault?: RpcFault
}

/** What the broker may send. */
export type ToClient =
  | { readonly op: 'done'; readonly ids: readonly number[] }
  /** A publication waits for a subscription without room, and leaves the publisher's window. `done` follows. */
  | { readonly op: 'held'; readonly id: number }
  | { readonly op: 'failed'; readonly id: number; readonly fault: LineFault }
  | { readonly op: 'enqueued'; readonly id: number; readonly message: string }
  | { readonly op: 'result'; readonly id: number; readonly value: Value }
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
  /** 1 for the first. */
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
  /** No server has seen the call. */
  readonly notExecuted?: boolean
}

/** Why a request was not granted. */
export type LineFault =
  | RpcFault
  /** The broker will not do it; `retryable`: for now. */
  | { readonly kind: 'refused'; readonly reason: string; readonly retryable?: boolean }
  /** The other side of the request is gone. */
  | { readonly kind: 'connection'; readonly reason: string }
  | { readonly kind: 'timeout' }

/** How much a client may have published that is neither acknowledged nor held; the last message may pass the bytes. */
export const PUBLISHER_WINDOW = { messages: 1_024, bytes: 4_194_304 } as const

/** How much of a subscription may be under way to its sink; the last message may pass the bytes. */
export const SUBSCRIBER_WINDOW = { messages: 1_024, bytes: 1_048_576 } as const

/** How many messages a consumer may have asked for and not yet received. */
export const CONSUMER_WINDOW = 1_000_000
