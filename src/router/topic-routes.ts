import { MailboxFullError } from '../core/errors.js'
import type {
  IntegrationMail,
  OpenSource,
  RequestLimits,
  SourceHandler,
  SourceRequest,
} from '../mailbox/integration-mail.js'
import { MessageRun } from '../mailbox/message-run.js'
import type { NameReader } from '../mailbox/names.js'
import type { DeliveryRun } from '../mailbox/protocol.js'
import type { FeedMember, FeedSeat, TopicFeeds } from '../mailbox/topic-feeds.js'

/**
 * The topics of one integration (specification: MessageRouter). Subscribers that want the same share one
 * subscription at the broker: each message crosses the thread line once and is fanned out here.
 */
export class TopicRoutes implements TopicFeeds {
  readonly #mail: IntegrationMail
  readonly #feeds = new Map<string, Feed>()

  constructor(mail: IntegrationMail) {
    this.#mail = mail
  }

  async join(
    pattern: string,
    wanted: SourceRequest,
    member: FeedMember,
    limits?: RequestLimits,
  ): Promise<FeedSeat> {
    const key = JSON.stringify([pattern, wanted.decode, wanted.overflow, wanted.qos, wanted.conflateMs])
    let feed = this.#feeds.get(key)
    if (feed === undefined || feed.isOver) {
      feed = new Feed(wanted, () => this.#feeds.delete(key))
      this.#feeds.set(key, feed)
      feed.open(this.#mail, pattern, limits)
    }
    return feed.join(member)
  }
}

/** How far one member may be behind the others. */
const LAG_SHARE = 0.5

interface Seat {
  readonly member: FeedMember
  /** Messages it has been given and has not finished with. */
  behind: number
  dropped: number
}

/** One subscription at the broker and whoever listens to it. */
class Feed implements SourceHandler {
  readonly #wanted: SourceRequest
  readonly #onOver: () => void
  readonly #seats = new Set<Seat>()
  /** Members that have not finished with a run yet. */
  readonly #unfinished = new Map<MessageRun, number>()
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

  open(mail: IntegrationMail, pattern: string, limits: RequestLimits | undefined): void {
    this.#source = mail.open('subscribe', pattern, this.#wanted, this, limits)
    this.#source.then(
      (source) => {
        this.#open = source
      },
      () => this.#end(),
    )
  }

  async join(member: FeedMember): Promise<FeedSeat> {
    const seat: Seat = { member, behind: 0, dropped: 0 }
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

  receive(run: DeliveryRun, names: NameReader, life: number): void {
    const messages = new MessageRun(run, names, life)
    let takers = 0
    for (const seat of [...this.#seats]) {
      if (this.#seats.size > 1 && this.#lags(seat, messages)) continue
      seat.behind += messages.count
      takers++
      seat.member.receive(messages)
    }
    if (takers === 0) this.#open?.credit(run.count, run.bytes)
    else this.#unfinished.set(messages, takers)
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
    seat.behind = Math.max(0, seat.behind - run.count)
    const left = this.#unfinished.get(run)
    if (left === undefined) return
    if (left > 1) this.#unfinished.set(run, left - 1)
    else {
      this.#unfinished.delete(run)
      this.#open?.credit(run.count, run.bytes)
    }
  }

  async #leave(seat: Seat): Promise<void> {
    if (!this.#seats.delete(seat)) return
    if (this.#seats.size > 0 || this.#over) return
    this.#end()
    const source = await this.#source?.catch(() => undefined)
    await source?.close()
  }

  #end(): void {
    this.#over = true
    this.#seats.clear()
    this.#unfinished.clear()
    this.#onOver()
  }
}
