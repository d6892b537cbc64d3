import type { RequestLimits, SourceRequest } from './integration-mail.js'
import type { MessageRun } from './message-run.js'

/** Somebody who listens to a feed. Its methods must not throw. */
export interface FeedMember {
  receive(run: MessageRun): void
  /** How many messages of the feed have been dropped for want of room. */
  dropped(total: number): void
  ended(error: Error): void
}

/** A member's place in a feed. */
export interface FeedSeat {
  /** The member has finished with a run: so much may come again. */
  finished(run: MessageRun): void
  /** The member leaves; resolves when the broker has been told, if it was the last. Never rejects; idempotent. */
  leave(): Promise<void>
}

/** Where subscriptions get their messages: several for the same topics share what the broker sends once. */
export interface TopicFeeds {
  /** @throws SubscribeError, and what every request throws */
  join(pattern: string, wanted: SourceRequest, member: FeedMember, limits?: RequestLimits): Promise<FeedSeat>
}
