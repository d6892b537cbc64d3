import type { Clock } from '../core/clock.js'
import type { Capacity, Overflow } from '../core/overflow.js'
import { messageOf } from '../mailbox/error-codec.js'
import type { Line } from '../mailbox/line.js'
import type { ActorBatch, RequestBatch } from '../mailbox/protocol.js'
import { RequestWriter } from '../mailbox/requests.js'
import { Ledger } from './ledger.js'
import type { RequestEntry } from './request-entry.js'
import { RequestLanes, type Room } from './request-lanes.js'

const FULL_BATCH = 1_024
/** Requests posted and not settled: enough to keep an actor busy over a round trip. */
const WINDOW = 8_192
/** From this many on the actor is busy: a batch waits for the end of the turn, so that it fills up. */
const BUSY_FROM = 4

interface Life {
  readonly line: Line<RequestBatch, ActorBatch>
  readonly writer: RequestWriter
}

type Schedule = 'idle' | 'soon' | 'next-turn'

/**
 * Hands requests to the actor in batches and remembers them until they are settled. While the actor is quiet
 * a batch leaves as soon as the code that is running has finished, while it is busy at the end of the turn.
 */
export class RequestPost {
  readonly #clock: Clock
  readonly #window: Capacity
  readonly #lanes: RequestLanes
  readonly #ledger = new Ledger()
  readonly #onUnsendable: (entry: RequestEntry, reason: string) => void
  #life: Life | undefined
  #schedule: Schedule = 'idle'

  /** @param onUnsendable called with a request whose value cannot cross the thread line; it was taken out. */
  constructor(
    clock: Clock,
    mailbox: Capacity & { readonly overflow: Overflow },
    onUnsendable: (entry: RequestEntry, reason: string) => void,
  ) {
    this.#clock = clock
    this.#window = { messages: Math.min(WINDOW, mailbox.messages), bytes: mailbox.bytes }
    this.#lanes = new RequestLanes(mailbox, mailbox.overflow)
    this.#onUnsendable = onUnsendable
  }

  /** Requests waiting and handed over. */
  get depth(): { readonly waiting: number; readonly posted: number } {
    return { waiting: this.#lanes.waiting, posted: this.#ledger.size }
  }

  room(): Room {
    return this.#lanes.room({ size: this.#ledger.users, bytes: this.#ledger.bytes })
  }

  /** The oldest request that the actor has and that its mailbox has room for; `undefined` when it has none. */
  get oldestPosted(): RequestEntry | undefined {
    return this.#ledger.first(({ isSystem }) => !isSystem)
  }

  /** The oldest request that has not been handed over; `undefined` when none waits. */
  get oldestWaiting(): RequestEntry | undefined {
    return this.#lanes.oldest
  }

  push(entry: RequestEntry): void {
    this.#lanes.push(entry)
    this.#wake()
  }

  /** Takes a posted request out of the ledger: it is settled. */
  take(seq: number): RequestEntry | undefined {
    return this.#ledger.take(seq)
  }

  /** Forgets a request that is settled on the host's side, wherever it is. @returns whether the actor has it. */
  forget(entry: RequestEntry): boolean {
    if (entry.state === 'posted') {
      this.#ledger.take(entry.seq)
      return true
    }
    if (entry.state === 'waiting') this.#lanes.settled(entry)
    return false
  }

  /** More credit may have come: something was settled. */
  settledSome(): void {
    if (!this.#lanes.isEmpty) this.#wake()
  }

  /** A new life of the actor: what waits goes to it. */
  attach(line: Line<RequestBatch, ActorBatch>): void {
    this.#life = { line, writer: new RequestWriter() }
    this.#wake()
  }

  /** The actor is gone. @returns what it had, in order. */
  detach(): RequestEntry[] {
    this.#life = undefined
    const posted = this.#ledger.entries()
    this.#ledger.clear()
    return posted
  }

  putBack(entries: readonly RequestEntry[]): void {
    this.#lanes.putBack(entries)
  }

  /** Whether there is an actor to post to. */
  get isAttached(): boolean {
    return this.#life !== undefined
  }

  /** Everything that is not settled: first what the actor has, then what waits. */
  *[Symbol.iterator](): Iterator<RequestEntry> {
    yield* this.#ledger.entries()
    yield* [...this.#lanes]
  }

  #wake(): void {
    if (this.#life === undefined || this.#schedule !== 'idle') return
    if (this.#ledger.size < BUSY_FROM) {
      this.#schedule = 'soon'
      // After the promises that are settling now: their callers may well send the next request.
      process.nextTick(() => this.#flush())
    } else {
      this.#schedule = 'next-turn'
      this.#clock.nextTurn(() => this.#flush())
    }
  }

  #flush(): void {
    this.#schedule = 'idle'
    for (;;) {
      const life = this.#life
      if (life === undefined) return
      const entries = this.#lanes.take(FULL_BATCH, this.#credit())
      if (entries.length === 0) return
      this.#post(life, entries)
    }
  }

  #credit(): number {
    const bytesLeft = this.#ledger.size === 0 || this.#ledger.bytes < this.#window.bytes
    return bytesLeft ? Math.max(0, this.#window.messages - this.#ledger.size) : 0
  }

  /** Never throws: a value that cannot cross fails its own request and no other. */
  #post(life: Life, entries: readonly RequestEntry[]): void {
    try {
      const { batch, transfer } = life.writer.write(this.#ledger.nextSeq, entries)
      life.line.post(batch, transfer)
    } catch (error) {
      life.writer.forgetNames()
      if (entries.length === 1) {
        const reason = `the value cannot be sent to the actor: ${messageOf(error)}`
        return this.#onUnsendable(entries[0]!, reason)
      }
      // Halves until the culprit is alone: a few batches more instead of one for each request.
      const middle = entries.length >> 1
      this.#post(life, entries.slice(0, middle))
      return this.#post(life, entries.slice(middle))
    }
    for (const entry of entries) this.#ledger.enter(entry)
  }
}
