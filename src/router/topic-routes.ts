import type { Clock } from '../core/clock.js'
import type { IntegrationMail, RequestLimits, SourceRequest } from '../mailbox/integration-mail.js'
import type { FeedMember, FeedSeat, TopicFeeds } from '../mailbox/topic-feeds.js'
import { Feed } from './feed.js'
import { limited } from './limited.js'

/**
 * The topics of one integration (specification: MessageRouter). Subscribers that want the same share one
 * subscription at the broker: each message crosses the thread line once and is fanned out here.
 */
export class TopicRoutes implements TopicFeeds {
  readonly #mail: IntegrationMail
  readonly #clock: Clock
  readonly #feeds = new Map<string, Feed>()
  #lastAlone = 0

  constructor(mail: IntegrationMail, clock: Clock) {
    this.#mail = mail
    this.#clock = clock
  }

  async join(
    pattern: string,
    wanted: SourceRequest,
    member: FeedMember,
    limits: RequestLimits = {},
  ): Promise<FeedSeat> {
    const key = this.#key(pattern, wanted)
    const until = this.#clock.monotonic() + (limits.timeoutMs ?? Number.POSITIVE_INFINITY)
    for (;;) {
      const known = this.#feeds.get(key)
      const feed = known === undefined || known.isOver ? this.#open(key, pattern, wanted, limits) : known
      const join = feed.join(member)
      const operation = { integration: this.#mail.name, name: `subscribe ${pattern}` }
      try {
        return await limited(join, operation, { ...limits, until }, this.#clock)
      } catch (error) {
        join.then(
          (seat) => seat.leave(),
          () => {},
        )
        feed.giveUp(member)
        // The time of whoever asked first is not ours: we still have some.
        if (feed === known && feed.isOver && isTimeout(error) && this.#clock.monotonic() < until) continue
        throw error
      }
    }
  }

  /** Subscribers of the same key share a feed; what is opened with parameters is nobody else's. */
  #key(pattern: string, wanted: SourceRequest): string {
    const { decode, format, overflow, qos, conflateMs, params, headers } = wanted
    const alone = params === undefined && headers === undefined ? 0 : ++this.#lastAlone
    return JSON.stringify([pattern, decode, format, overflow, qos, conflateMs, alone])
  }

  #open(key: string, pattern: string, wanted: SourceRequest, { timeoutMs }: RequestLimits): Feed {
    const feed = new Feed(wanted, () => {
      if (this.#feeds.get(key) === feed) this.#feeds.delete(key)
    })
    this.#feeds.set(key, feed)
    feed.open(this.#mail, pattern, timeoutMs)
    return feed
  }
}

function isTimeout(error: unknown): boolean {
  return (error as { kind?: unknown }).kind === 'timeout'
}
