import { ConnectionError } from '../../core/errors.js'
import type { Publisher } from './client/publisher.js'
import type { Session } from './client/session.js'
import type { Continuity } from './continuity.js'
import type { Inbox } from './inbox.js'
import type { QueueMembers } from './queue-members.js'
import type { Replies } from './replies.js'
import type { Channel } from './session-group.js'
import type { HeldBytes } from './subscription-flow.js'

/** Where messages of subscriptions come in. */
export interface Subscriber extends Channel<Inbox> {
  readonly held: HeldBytes
  readonly continuity: Continuity
  /** Whether its session outlives this process: somebody comes back for it under the same client id. */
  readonly outlives: boolean
  /** A subscription identifier (MQTT 5, section 3.8.2.1.2) that no other subscription of this client has. */
  newSubscriptionId(): number
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
  readonly queues: QueueMembers
}

/** Gives the connection that is there. @throws ConnectionError when there is none */
export type CurrentLink = () => Link

/** The error of an operation that comes while there is no connection. */
export function notConnected(): ConnectionError {
  return new ConnectionError('not connected', { notExecuted: true })
}
