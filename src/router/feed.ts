import { MailboxFullError } from '../core/errors.js'
import type {
  IntegrationMail,
  OpenSource,
  SourceHandler,
  SourceRequest,
} from '../mailbox/integration-mail.js'
import { MessageRun } from '../mailbox/message-run.js'
import type { NameReader } from '../mailbox/names.js'
import type { DeliveryRun } from '../mailbox/protocol.js'
import type { FeedMember, FeedSeat } from '../mailbox/topic-feeds.js'

/** How far one member may be behind the others. */
const LAG_SHARE = 0.5

interface Seat {
  readonly member: FeedMember
  /** Runs it has been given and has not finished with, and how many messages that is. */
  readonly unfinished: Set<MessageRun>
  behind: number
  dropped: number
}

/** One subscription at the broker and whoever listens to it. */
export class Feed implements SourceHandler {
  readonly #wanted: SourceRequest
  readonly #onOver: () => void
  readonly #seats = new Set<Seat>()
  /** How many members have not finished with a run yet. */
  readonly #unfinished = new Map<MessageRun, number>()
  /** Ends the opening when nobody waits for it any more. */
  readonly #giveUp = new AbortController()
  #source: Promise<OpenSource> | undefined
  #open: OpenSource | undefined
  #over = false
  #droppedByActor = 0
  #droppedInEarlierLives = 0

  constructor(wanted: SourceRequest, onOver: () => void) {
    this.#wanted = wanted
    this.#onOver = onOver
  }

  get isOver(): boolean {
    return this.#over
  }

  open(mail: IntegrationMail, pattern: string, timeoutMs: number | undefined): void {
    this.#source = mail.open('subscribe', pattern, this.#wanted, this, {
      signal: this.#giveUp.signal,
      ...(timeoutMs !== undefined && { timeoutMs }),
    })
    this.#source.then(
      (source) => {
        this.#open = source
      },
      () => this.#end(),
    )
  }

  async join(member: FeedMember): Promise<FeedSeat> {
    const seat: Seat = { member, unfinished: new Set(), behind: 0, dropped: 0 }
    // Messages may come before the subscription is acknowledged: retained ones do.
    this.#seats.add(seat)
    try {
      await this.#source
    } catch (error) {
      this.#seats.delete(seat)
      throw error
    }
    return { finished: (run) => this.#finished(seat, run), leave: () => this.#leave(seat) }
  }

  /** A member no longer waits for its seat. */
  giveUp(member: FeedMember): void {
    for (const seat of this.#seats) if (seat.member === member) void this.#leave(seat)
  }

  receive(run: DeliveryRun, names: NameReader, life: number): void {
    const messages = new MessageRun(run, names, life)
    const takers = [...this.#seats].filter((seat) => this.#seats.size === 1 || !this.#lags(seat, messages))
    if (takers.length === 0) return this.#open?.credit(run.count, run.bytes)
    this.#unfinished.set(messages, takers.length)
    for (const seat of takers) {
      seat.behind += messages.count
      seat.unfinished.add(messages)
    }
    for (const { member } of takers) member.receive(messages)
  }

  dropped(total: number): void {
    this.#droppedByActor = this.#droppedInEarlierLives + total
    for (const seat of this.#seats) this.#tellDropped(seat)
  }

  reborn(): void {
    this.#droppedInEarlierLives = this.#droppedByActor
    // Credit for what an earlier life sent means nothing to its successor.
    this.#unfinished.clear()
  }

  ended(error: Error): void {
    const seats = [...this.#seats]
    this.#end()
    for (const { member } of seats) member.ended(error)
  }

  /** With several members, one that is slow must not hold up the others unless that is what `block` asks for. */
  #lags(seat: Seat, run: MessageRun): boolean {
    if (this.#wanted.overflow === 'block') return false
    if (seat.behind + run.count <= this.#wanted.window.messages * LAG_SHARE) return false
    if (this.#wanted.overflow === 'reject') {
      this.#seats.delete(seat)
      this.#finishAll(seat)
      seat.member.ended(new MailboxFullError('the subscriber does not keep up: its mailbox is full'))
    } else {
      seat.dropped += run.count
      this.#tellDropped(seat)
    }
    return true
  }

  #tellDropped(seat: Seat): void {
    seat.member.dropped(this.#droppedByActor + seat.dropped)
  }

  #finished(seat: Seat, run: MessageRun): void {
    if (!seat.unfinished.delete(run)) return
    seat.behind -= run.count
    const left = this.#unfinished.get(run)
    // A run of an earlier life: credit for it means nothing to the successor.
    if (left === undefined) return
    if (left > 1) this.#unfinished.set(run, left - 1)
    else {
      this.#unfinished.delete(run)
      this.#open?.credit(run.count, run.bytes)
    }
  }

  async #leave(seat: Seat): Promise<void> {
    if (!this.#seats.delete(seat)) return
    this.#finishAll(seat)
    if (this.#seats.size > 0 || this.#over) return
    this.#end()
    this.#giveUp.abort()
    const source = await this.#source?.catch(() => undefined)
    await source?.close()
  }

  /** What a member leaves unread must not be waited for: the others need the credit. */
  #finishAll(seat: Seat): void {
    for (const run of seat.unfinished) this.#finished(seat, run)
  }

  #end(): void {
    this.#over = true
    this.#seats.clear()
    this.#unfinished.clear()
    this.#onOver()
  }
}
