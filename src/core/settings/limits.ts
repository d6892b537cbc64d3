import type { Capacity, Overflow } from '../overflow.js'

/** Limits how many requests may be made in a period. */
export interface RateLimitSettings {
  /** How many requests in each period. */
  readonly requests: number
  /** The period, in milliseconds. */
  readonly perMs: number
  /** How many requests may be made at once after a pause. */
  readonly burst: number
  /** What a request beyond the limit does: wait for its turn within its deadline, or fail at once. */
  readonly excess: 'wait' | 'fail'
}

/** Limits how many requests may be in flight. */
export interface BulkheadSettings {
  /** The maximum number of requests in flight. */
  readonly concurrent: number
  /** The maximum number of further requests that wait for a slot. */
  readonly queue: number
}

/** The bounds of the mailbox between the host thread and the actor. */
export interface MailboxSettings extends Capacity {
  /** What happens to a message when the buffer is full. */
  readonly overflow: Overflow
}

/** What an actor may take. */
export interface LimitSettings {
  /** Bytes of heap and array buffers at which the supervisor replaces the actor. */
  readonly memory: number
  /** Bytes of one frame, message or batch; checked before it is parsed. */
  readonly frame: number
  /** The maximum number of open connections of a server. Unlimited if absent. */
  readonly connections?: number
  /** The maximum number of open connections of a server from one address. Unlimited if absent. */
  readonly connectionsPerAddress?: number
  /** The maximum number of messages of callers that a server has not answered. Unlimited if absent. */
  readonly requests?: number
  /** The rate at which each caller of a server may send requests. Unlimited if absent. */
  readonly rate?: CallerRateSettings
}

/** Limits the rate of requests of each caller. */
export interface CallerRateSettings {
  /** How many requests in each period. */
  readonly requests: number
  /** The period, in milliseconds. */
  readonly perMs: number
  /** How many requests may be made at once after a pause. */
  readonly burst: number
}
