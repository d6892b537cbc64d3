import { Deque } from '../core/deque.js'
import type { Capacity, Overflow } from '../core/overflow.js'
import type { RequestEntry } from './request-entry.js'

/** Whether there is room for one more request. */
export type Room =
  | { readonly kind: 'room' }
  | { readonly kind: 'full' }
  /** The policy is to make room by dropping the oldest. */
  | { readonly kind: 'evict' }

const ROOM: Room = { kind: 'room' }
const FULL: Room = { kind: 'full' }
const EVICT: Room = { kind: 'evict' }
const COMPACT_AT = 1_024

/**
 * Requests that have not been handed to the actor yet. System requests go first and are always taken; for the
 * others there is as much room as the mailbox has.
 */
export class RequestLanes {
  readonly #system = new Deque<RequestEntry>()
  #user = new Deque<RequestEntry>()
  readonly #capacity: Capacity
  readonly #overflow: Overflow
  #bytes = 0
  #waiting = 0

  constructor(capacity: Capacity, overflow: Overflow) {
    this.#capacity = capacity
    this.#overflow = overflow
  }

  /** Requests waiting, settled ones not counted. */
  get waiting(): number {
    return this.#waiting
  }

  get isEmpty(): boolean {
    return this.#system.size === 0 && this.#user.size === 0
  }

  /**
   * Whether a request may enter. Under `block` a full mailbox lets callers wait in line: one that awaits is held
   * back by that. It cannot hold back one that does not await, so the line is as long as the mailbox and no longer.
   * @param posted what has been handed over and not been settled counts as well.
   */
  room(posted: { readonly size: number; readonly bytes: number }): Room {
    const factor = this.#overflow === 'block' ? 2 : 1
    const fits =
      this.#waiting + posted.size < this.#capacity.messages * factor &&
      this.#bytes + posted.bytes < this.#capacity.bytes * factor
    if (fits) return ROOM
    return this.#overflow === 'drop-oldest' ? EVICT : FULL
  }

  /** The first user request that waits. */
  get oldest(): RequestEntry | undefined {
    for (let first = this.#user.peek(); first !== undefined; first = this.#user.peek()) {
      if (first.state === 'waiting') return first
      this.#user.shift()
    }
    return undefined
  }

  push(entry: RequestEntry): void {
    entry.state = 'waiting'
    if (entry.isSystem) return this.#system.push(entry)
    this.#waiting++
    this.#bytes += entry.bytes
    this.#user.push(entry)
  }

  /** Puts entries back at the head, in the order given. */
  putBack(entries: readonly RequestEntry[]): void {
    for (const entry of [...entries].reverse()) {
      entry.state = 'waiting'
      if (entry.isSystem) {
        this.#system.unshift(entry)
        continue
      }
      this.#waiting++
      this.#bytes += entry.bytes
      this.#user.unshift(entry)
    }
  }

  /** A waiting entry has been settled; it is passed over when its turn comes. */
  settled(entry: RequestEntry): void {
    if (entry.isSystem) return
    this.#forget(entry)
    // Callers that time out while the actor is away must not pile up behind one another.
    if (this.#user.size > 2 * this.#waiting + COMPACT_AT) this.#compact()
  }

  #compact(): void {
    const waiting = new Deque<RequestEntry>()
    for (const entry of this.#user) if (entry.state === 'waiting') waiting.push(entry)
    this.#user = waiting
  }

  /** Takes up to `most` entries, of which no more than `credit` are user requests. */
  take(most: number, credit: number): RequestEntry[] {
    const taken: RequestEntry[] = []
    while (taken.length < most) {
      const entry = this.#system.shift()
      if (entry === undefined) break
      if (entry.state === 'waiting') taken.push(entry)
    }
    let allowed = credit
    while (taken.length < most && allowed > 0) {
      const entry = this.#user.shift()
      if (entry === undefined) break
      if (entry.state !== 'waiting') continue
      this.#forget(entry)
      taken.push(entry)
      allowed--
    }
    return taken
  }

  /** All that waits, in order. */
  *[Symbol.iterator](): Iterator<RequestEntry> {
    for (const lane of [this.#system, this.#user])
      for (const entry of lane) if (entry.state === 'waiting') yield entry
  }

  #forget(entry: RequestEntry): void {
    this.#waiting--
    this.#bytes -= entry.bytes
  }
}
