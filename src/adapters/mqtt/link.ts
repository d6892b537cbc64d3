import { ConnectionError } from '../../core/errors.js'
import type { Publisher } from './client/publisher.js'
import type { Session } from './client/session.js'
import type { Inbox } from './inbox.js'
import type { QueueInbox } from './queue-inbox.js'
import type { Replies } from './replies.js'
import type { Channel } from './session-group.js'

/** Where messages of subscriptions come in. */
export type Subscriber = Channel<Inbox>

/** The queue role of a connection. */
export interface QueueLink {
  readonly session: Session
  readonly inbox: QueueInbox
  /** Whether the broker has shared subscriptions. */
  readonly shared: boolean
}

/**
 * All that belongs to one connection, as the actor sees it. What receives messages has a session of its own,
 * opened on first use (later calls get the same one): its reading can be held back without holding back the
 * acknowledgements of publishes and the answers to calls. Opening throws ConnectionError or AuthError.
 */
export interface Link {
  /** The main session, which is always read. */
  readonly session: Session
  readonly publisher: Publisher
  readonly replies: Replies
  /** For subscriptions to topics. */
  subscriber(): Promise<Subscriber>
  /** For requests to the methods that are served. */
  server(): Promise<Subscriber>
  queue(): Promise<QueueLink>
}

/** Gives the connection that is there. @throws ConnectionError when there is none */
export type CurrentLink = () => Link

/** The error of an operation that comes while there is no connection. */
export function notConnected(): ConnectionError {
  return new ConnectionError('not connected')
}
