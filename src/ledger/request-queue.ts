import type { Clock } from '../core/clock.js'
import type { Capacity, Overflow } from '../core/overflow.js'
import { SequenceTable } from '../core/sequence-table.js'
import type { Channel } from '../mailbox/channel.js'
import { messageOf } from '../mailbox/error-codec.js'
import type { ActorBatch, RequestBatch } from '../mailbox/protocol.js'
import { RequestWriter } from '../mailbox/requests.js'
import type { Request } from './request.js'
import { FULL_BYTES, WaitingLanes } from './waiting-lanes.js'

/** The most bytes posted in one turn of the event loop. */
const TURN_BYTES = 8 * FULL_BYTES
/** The most requests posted and not settled: enough to keep an actor busy over a round trip. */
const WINDOW = 8_192
/** With this many requests posted the actor is busy, and a batch waits for the end of the turn to fill up. */
const BUSY_FROM = 4
export type RequestChannel = Channel<RequestBatch, ActorBatch>

/** Whether there is room for another request; `evict` if the oldest must be dropped for it. */
export type Room = 'room' | 'full' | 'evict'

type Schedule = 'idle' | 'soon' | 'next-turn'

/**
 * The requests to one actor: waiting ones in two lanes (system and user), posted ones in one table.
 *
 * Posts requests in batches. If the actor is quiet, a batch leaves as soon as the running code has finished; if it is
 * busy, at the end of the turn.
 */
export class RequestQueue {
  readonly #clock: Clock
  readonly #capacity: Capacity
  readonly #overflow: Overflow
  readonly #window: Capacity
  readonly #onUnsendable: (request: Request, reason: string) => void
  readonly #lanes = new WaitingLanes()
  readonly #posted = new SequenceTable<Request>()
  #life: { readonly channel: RequestChannel; readonly writer: RequestWriter } | undefined
  #schedule: Schedule = 'idle'
  #batchBegan = 0
  #nextSeq = 0
  #postedSystem = 0
  #postedBytes = 0
  #isHeld = false

  /** @param onUnsendable called with a request whose value cannot be cloned, after it was removed */
  constructor(
    clock: Clock,
    mailbox: Capacity & { readonly overflow: Overflow },
    onUnsendable: (request: Request, reason: string) => void,
  ) {
    this.#clock = clock
    this.#capacity = mailbox
    this.#overflow = mailbox.overflow
    this.#window = { messages: Math.min(WINDOW, mailbox.messages), bytes: mailbox.bytes }
    this.#onUnsendable = onUnsendable
  }

  get depth(): { readonly waiting: number; readonly posted: number } {
    return { waiting: this.#lanes.size, posted: this.#posted.size }
  }

  /** Whether an actor is attached. */
  get isAttached(): boolean {
    return this.#life !== undefined
  }

  /** The time of `clock.monotonic()`, or the start of the current batch if there is one, which is cheaper to read. */
  now(): number {
    return this.#schedule === 'idle' ? this.#clock.monotonic() : this.#batchBegan
  }

  /**
   * Whether a user request may enter. With `block`, a full mailbox accepts as many again, whose callers wait; beyond
   * that it refuses, because a caller that does not await its requests cannot be held back.
   */
  room(): Room {
    const factor = this.#overflow === 'block' ? 2 : 1
    const messages = this.#lanes.size + this.#posted.size - this.#postedSystem
    const bytes = this.#lanes.bytes + this.#postedBytes
    if (messages < this.#capacity.messages * factor && bytes < this.#capacity.bytes * factor) return 'room'
    return this.#overflow === 'drop-oldest' ? 'evict' : 'full'
  }

  /** The oldest posted user request. */
  get oldestPosted(): Request | undefined {
    return this.#posted.first(({ isSystem }) => !isSystem)
  }

  /** The oldest waiting user request. */
  get oldestWaiting(): Request | undefined {
    return this.#lanes.oldest
  }

  push(request: Request): void {
    this.#lanes.push(request)
    this.#wake()
  }

  /** Puts requests back at the front, in the given order. */
  putBack(requests: readonly Request[]): void {
    this.#lanes.putBack(requests)
  }

  /** Removes and returns a posted request that the actor has settled. */
  take(seq: number): Request | undefined {
    const request = this.#posted.take(seq)
    if (request !== undefined) this.#countPosted(request, -1)
    return request
  }

  /** Removes a request that the host settles. @returns whether the actor has it */
  forget(request: Request): boolean {
    if (request.state === 'posted') {
      this.take(request.seq)
      return true
    }
    if (request.state === 'waiting') this.#lanes.forget(request)
    return false
  }

  /**
   * Removes the requests for which `wanted` returns true, and which may be posted again elsewhere.
   * @returns them, lowest number first and posted before waiting
   */
  takeAll(wanted: (request: Request) => boolean): Request[] {
    const taken: Request[] = []
    for (const request of this.#posted.values()) {
      if (!wanted(request)) continue
      this.take(request.seq)
      taken.push(request)
    }
    taken.push(...this.#lanes.takeAll(wanted))
    return taken
  }

  /** Posts waiting requests for which settlements may have made room. */
  settledSome(): void {
    if (!this.#lanes.isEmpty) this.#wake()
  }

  /** Posts waiting requests to a new life of the actor. */
  attach(channel: RequestChannel): void {
    this.#life = { channel, writer: new RequestWriter() }
    this.#wake()
  }

  /**
   * Removes the posted requests of an actor that has died. Numbers start again at 0.
   * @returns these requests, in order
   */
  detach(): Request[] {
    this.#life = undefined
    const posted = this.#posted.values()
    this.#posted.clear()
    this.#nextSeq = 0
    this.#postedSystem = 0
    this.#postedBytes = 0
    return posted
  }

  /** Posts only system requests until `release`. */
  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    this.#isHeld = false
    this.settledSome()
  }

  /** Yields all unsettled requests: first the posted, then the waiting ones. */
  *[Symbol.iterator](): Iterator<Request> {
    yield* this.#posted.values()
    yield* this.#lanes.values()
  }

  #wake(): void {
    if (this.#life === undefined || this.#schedule !== 'idle') return
    if (this.#posted.size < BUSY_FROM) {
      this.#begin('soon')
      // Post after the promises that settle now, because their callers may send the next request.
      process.nextTick(() => this.#flush())
    } else {
      this.#flushNextTurn()
    }
  }

  #flush(): void {
    this.#schedule = 'idle'
    for (let bytes = 0; this.#life !== undefined; ) {
      if (bytes >= TURN_BYTES) return this.#flushNextTurn()
      const requests = this.#lanes.take(this.#credit())
      if (requests.length === 0) return
      for (const request of requests) bytes += request.bytes
      this.#post(requests)
    }
  }

  #begin(schedule: Exclude<Schedule, 'idle'>): void {
    this.#schedule = schedule
    this.#batchBegan = this.#clock.monotonic()
  }

  #flushNextTurn(): void {
    this.#begin('next-turn')
    this.#clock.nextTurn(() => this.#flush())
  }

  #credit(): number {
    if (this.#isHeld) return 0
    const bytesLeft = this.#posted.size === 0 || this.#postedBytes < this.#window.bytes
    return bytesLeft ? Math.max(0, this.#window.messages - this.#posted.size) : 0
  }

  #post(requests: readonly Request[]): void {
    const { channel, writer } = this.#life!
    try {
      const { batch, transfer } = writer.write(this.#nextSeq, requests)
      channel.post(batch, transfer)
    } catch (error) {
      writer.forgetNames()
      if (requests.length === 1) {
        const reason = `the value cannot be sent to the actor: ${messageOf(error)}`
        return this.#onUnsendable(requests[0]!, reason)
      }
      // Split in halves until the faulty request is alone, which takes fewer batches than one for each request.
      const middle = requests.length >> 1
      this.#post(requests.slice(0, middle))
      return this.#post(requests.slice(middle))
    }
    for (const request of requests) {
      request.seq = this.#nextSeq++
      request.state = 'posted'
      this.#posted.set(request.seq, request)
      this.#countPosted(request, 1)
    }
  }

  #countPosted({ isSystem, bytes }: Request, by: 1 | -1): void {
    if (isSystem) this.#postedSystem += by
    this.#postedBytes += by * bytes
  }
}
