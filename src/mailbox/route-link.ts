import type { RouteSinkSettings } from '../core/settings/route.js'
import type { Headers } from '../core/value.js'
import type { ChannelEnd } from './channel.js'
import type { ErrorRecord } from './error-codec.js'
import type { NameUpdate } from './names.js'
import type { Packed } from './packing.js'

/*
 * A link is a channel from the actor of a route's source to the actor of its sink, or of its dead letters. The host
 * makes a new one whenever one of the two actors starts, and carries no message.
 */

/** Gives an actor its end of a link. It replaces the end of the same link that it had before. */
export interface JoinLink {
  readonly kind: 'join-link'
  readonly route: string
  readonly purpose: LinkPurpose
  readonly role: 'source' | 'sink'
  readonly end: ChannelEnd
  /** Shared memory in which the sink marks the messages that it is starting (`LinkMarks`). */
  readonly marks: SharedArrayBuffer
  readonly sink: RouteSinkSettings
  /** Whether payloads cross as they are on the wire. */
  readonly passesBytes: boolean
  /** Whether the source wants what the sink answers. */
  readonly wantsResults: boolean
  /** The first part of the ids of messages; different in each life of the source. */
  readonly idPrefix: string
  /** How many actors one message may kill. */
  readonly poisonThreshold: number
}

/** Ends the link of an actor whose sink has died. A new link follows when the sink has started again. */
export interface PartLink {
  readonly kind: 'part-link'
  readonly route: string
  readonly purpose: LinkPurpose
}

/** What a link carries: messages of the route, or those that could not be delivered. */
export type LinkPurpose = 'to' | 'dead_letter'

/** What the source sends to the sink. */
export type LinkPost = LinkBatch | LinkWithdrawal

/** Asks the sink to give back those of the messages that it cannot deliver now, because the source stops. */
export interface LinkWithdrawal {
  readonly withdrawn: readonly number[]
}

/** A batch from source to sink. Message i is row i of every column. */
export interface LinkBatch {
  /** Numbers of the messages: `numbers[i]`, or `numbers + i` if they are consecutive. */
  readonly numbers: readonly number[] | number
  readonly names: NameUpdate | undefined
  /** The number of the target of each message, or one number if all have the same. */
  readonly targets: readonly number[] | number
  readonly payload:
    | { readonly kind: 'values'; readonly values: readonly unknown[]; readonly sizes: readonly number[] }
    | { readonly kind: 'packed'; readonly packed: Packed }
  /** The metadata of each message; undefined if none has any. */
  readonly extras: readonly (LinkExtras | undefined)[] | undefined
}

/** Metadata of a message. */
export interface LinkExtras {
  readonly headers?: Headers
  readonly contentType?: string
  /** Messages with the same key are sent one at a time. */
  readonly key?: string
  /** How many routes it has passed through before this one. */
  readonly hops?: number
  /** See `Attempt.messageId`. */
  readonly id?: string
}

/** What has become of messages, from sink to source. */
export interface LinkOutcomes {
  /** Accepted without a result: first, count, first, count … */
  readonly accepted: readonly number[] | undefined
  readonly results: { readonly numbers: readonly number[]; readonly values: readonly unknown[] } | undefined
  /** Refused, and not to be tried again. */
  readonly refused:
    | { readonly numbers: readonly number[]; readonly errors: readonly ErrorRecord[] }
    | undefined
  /** Withdrawn and not delivered. */
  readonly returned: readonly number[] | undefined
}

const IN_HAND = 0
const FIRST = 1
const LAST = 2
const CELLS = 3

export function newLinkMarks(): SharedArrayBuffer {
  return new SharedArrayBuffer(CELLS * Float64Array.BYTES_PER_ELEMENT)
}

/** The messages of a link that its sink is starting, so that the source can tell which one killed it. */
export class LinkMarks {
  readonly #cells: Float64Array

  constructor(shared: SharedArrayBuffer) {
    this.#cells = new Float64Array(shared)
  }

  setInHand(number: number): void {
    this.#cells[IN_HAND] = number + 1
  }

  setTurn(first: number, last: number): void {
    this.#cells[FIRST] = first + 1
    this.#cells[LAST] = last + 1
  }

  clearTurn(): void {
    this.#cells[LAST] = 0
  }

  /** Whether the sink was starting this message when it died. */
  isMarked(number: number): boolean {
    const inHand = this.#cells[IN_HAND]!
    if (inHand > 0) return inHand === number + 1
    return number + 1 >= this.#cells[FIRST]! && number + 1 <= this.#cells[LAST]!
  }
}
