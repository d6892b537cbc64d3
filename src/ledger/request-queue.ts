import type { Clock } from '../core/clock.js'
import { Deque } from '../core/deque.js'
import type { Capacity, Overflow } from '../core/overflow.js'
import { SequenceTable } from '../core/sequence-table.js'
import type { Channel } from '../mailbox/channel.js'
import { messageOf } from '../mailbox/error-codec.js'
import type { ActorBatch, RequestBatch } from '../mailbox/protocol.js'
import { RequestWriter } from '../mailbox/requests.js'
import type { Request } from './request.js'

const FULL_BATCH = 1_024
/** A batch of so many bytes is full: to clone it takes this thread and the actor's about a millisecond. */
const FULL_BYTES = 1024 * 1024
/** So many bytes are posted in one turn of the event loop. */
const TURN_BYTES = 8 * FULL_BYTES
/** Requests posted and not settled: enough to keep an actor busy over a round trip. */
const WINDOW = 8_192
/** From this many on the actor is busy: a batch waits for the end of the turn, so that it fills up. */
const BUSY_FROM = 4
const COMPACT_AT = 1_024

export type RequestChannel = Channel<RequestBatch, ActorBatch>

/** Whether there is room for one more request; `evict` where the policy is to drop the oldest for it. */
export type Room = 'room' | 'full' | 'evict'

type Schedule = 'idle' | 'soon' | 'next-turn'

/**
 * Everything in flight to one actor: what waits, in two lanes, and what the actor has, in one table. Hands requests
 * over in batches: while the actor is quiet a batch leaves as soon as the running code has finished, while it is busy
 * at the end of the turn.
 */
export class RequestQueue {
  readonly #clock: Clock
  readonly #capacity: Capacity
  readonly #overflow: Overflow
  readonly #window: Capacity
  readonly #onUnsendable: (request: Request, reason: string) => void
  readonly #system = new Deque<Request>()
  #user = new Deque<Request>()
  readonly #posted = new SequenceTable<Request>()
  #life: { readonly channel: RequestChannel; readonly writer: RequestWriter } | undefined
  #schedule: Schedule = 'idle'
  #batchBegan = 0
  #nextSeq = 0
  /** Waiting user requests, and the bytes of them. */
  #waiting = 0
  #waitingBytes = 0
  #postedSystem = 0
  #postedBytes = 0

  /** @param onUnsendable called with a request whose value cannot cross; it was taken out. */
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
    return { waiting: this.#waiting, posted: this.#posted.size }
  }

  /** Whether there is an actor to post to. */
  get isAttached(): boolean {
    return this.#life !== undefined
  }

  /** `clock.monotonic()` milliseconds, or those at which the batch began that leaves next: cheaper than the clock. */
  now(): number {
    return this.#schedule === 'idle' ? this.#clock.monotonic() : this.#batchBegan
  }

  /**
   * Whether a user request may enter. Under `block` a full mailbox lets callers wait: one that awaits is held back by
   * that. One that does not await cannot be held back, so as many may wait as the mailbox holds, and no more.
   */
  room(): Room {
    const factor = this.#overflow === 'block' ? 2 : 1
    const messages = this.#waiting + this.#posted.size - this.#postedSystem
    const bytes = this.#waitingBytes + this.#postedBytes
    if (messages < this.#capacity.messages * factor && bytes < this.#capacity.bytes * factor) return 'room'
    return this.#overflow === 'drop-oldest' ? 'evict' : 'full'
  }

  /** The oldest user request that the actor has. */
  get oldestPosted(): Request | undefined {
    return this.#posted.first(({ isSystem }) => !isSystem)
  }

  /** The oldest user request that waits. */
  get oldestWaiting(): Request | undefined {
    for (let first = this.#user.peek(); first !== undefined; first = this.#user.peek()) {
      if (first.state === 'waiting') return first
      this.#user.shift()
    }
    return undefined
  }

  push(request: Request): void {
    this.#enter(request).push(request)
    this.#wake()
  }

  /** Puts requests back at the head, in the order given. */
  putBack(requests: readonly Request[]): void {
    for (const request of [...requests].reverse()) this.#enter(request).unshift(request)
  }

  /** Takes a posted request out: the actor has settled it. */
  take(seq: number): Request | undefined {
    const request = this.#posted.take(seq)
    if (request !== undefined) this.#countPosted(request, -1)
    return request
  }

  /** Forgets a request that is settled on the host's side, wherever it is. @returns whether the actor has it. */
  forget(request: Request): boolean {
    if (request.state === 'posted') {
      this.take(request.seq)
      return true
    }
    if (request.state === 'waiting' && !request.isSystem) {
      this.#leave(request)
      // Callers that time out while the actor is away must not pile up behind one another.
      if (this.#user.size > 2 * this.#waiting + COMPACT_AT) this.#compact(request)
    }
    return false
  }

  /** More credit may have come: something was settled. */
  settledSome(): void {
    if (this.#system.size > 0 || this.#user.size > 0) this.#wake()
  }

  /** A new life of the actor: what waits goes to it. */
  attach(channel: RequestChannel): void {
    this.#life = { channel, writer: new RequestWriter() }
    this.#wake()
  }

  /** The actor is gone; numbers begin again with the next. @returns what it had, in order. */
  detach(): Request[] {
    this.#life = undefined
    const posted = this.#posted.values()
    this.#posted.clear()
    this.#nextSeq = 0
    this.#postedSystem = 0
    this.#postedBytes = 0
    return posted
  }

  /** Everything that is not settled: first what the actor has, then what waits. */
  *[Symbol.iterator](): Iterator<Request> {
    yield* this.#posted.values()
    for (const lane of [this.#system, this.#user])
      for (const request of [...lane]) if (request.state === 'waiting') yield request
  }

  /** @returns the lane that the request is to be put into. */
  #enter(request: Request): Deque<Request> {
    request.state = 'waiting'
    if (request.isSystem) return this.#system
    this.#waiting++
    this.#waitingBytes += request.bytes
    return this.#user
  }

  #leave(request: Request): void {
    this.#waiting--
    this.#waitingBytes -= request.bytes
  }

  #compact(gone: Request): void {
    const waiting = new Deque<Request>()
    for (const request of this.#user)
      if (request !== gone && request.state === 'waiting') waiting.push(request)
    this.#user = waiting
  }

  #wake(): void {
    if (this.#life === undefined || this.#schedule !== 'idle') return
    if (this.#posted.size < BUSY_FROM) {
      this.#begin('soon')
      // After the promises that are settling now: their callers may well send the next request.
      process.nextTick(() => this.#flush())
    } else {
      this.#flushNextTurn()
    }
  }

  #flush(): void {
    this.#schedule = 'idle'
    for (let bytes = 0; this.#life !== undefined; ) {
      if (bytes >= TURN_BYTES) return this.#flushNextTurn()
      const requests = this.#takeWaiting()
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

  #takeWaiting(): Request[] {
    const taken: Request[] = []
    let bytes = 0
    const isFull = () => taken.length >= FULL_BATCH || bytes >= FULL_BYTES
    const take = (request: Request) => {
      taken.push(request)
      bytes += request.bytes
    }
    while (!isFull()) {
      const request = this.#system.shift()
      if (request === undefined) break
      if (request.state === 'waiting') take(request)
    }
    for (let credit = this.#credit(); !isFull() && credit > 0; ) {
      const request = this.#user.shift()
      if (request === undefined) break
      if (request.state !== 'waiting') continue
      this.#leave(request)
      take(request)
      credit--
    }
    return taken
  }

  #credit(): number {
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
      // Halves until the culprit is alone: a few batches more instead of one for each request.
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
