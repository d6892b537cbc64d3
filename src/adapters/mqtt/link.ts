import { ConnectionError } from '../../core/errors.js'
import type { Inbox } from './inbox.js'
import type { Publisher } from './publisher.js'
import type { QueueInbox } from './queue-inbox.js'
import type { Replies } from './replies.js'
import type { Session } from './session.js'

/** The queue role of a connection. */
export interface QueueLink {
  readonly session: Session
  readonly inbox: QueueInbox
  /** Whether the broker has shared subscriptions. */
  readonly shared: boolean
}

/** All that belongs to one connection, as the actor sees it: both of its sockets. */
export interface Link {
  readonly session: Session
  readonly publisher: Publisher
  readonly inbox: Inbox
  readonly replies: Replies
  /** Opens the queue role on first use; later calls get the same. @throws ConnectionError, AuthError */
  queue(): Promise<QueueLink>
}

/** Gives the connection that is there. @throws ConnectionError when there is none */
export type CurrentLink = () => Link

/** The error of an operation that comes while there is no connection. */
export function notConnected(): ConnectionError {
  return new ConnectionError('not connected')
}
