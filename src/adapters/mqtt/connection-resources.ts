import { ConnectionError } from '../../core/errors/connection.js'
import type { Publisher } from './client/publisher.js'
import type { Session } from './client/session.js'
import type { Continuity } from './continuity.js'
import type { Inbox } from './inbox.js'
import type { QueueMembers } from './queue-members.js'
import type { Replies } from './replies.js'
import type { ReceivingSession } from './session-group.js'
import type { HeldBytes } from './subscription-flow.js'

/** A session that receives messages for subscriptions. */
export interface Subscriber extends ReceivingSession<Inbox> {
  readonly held: HeldBytes
  readonly continuity: Continuity
  /** Whether the session outlives this process, because the client comes back with the same client id. */
  readonly outlives: boolean
  /** Returns a subscription identifier (MQTT 5, section 3.8.2.1.2) that no other subscription of this client uses. */
  newSubscriptionId(): number
}

/**
 * The parts of one connection of the actor. Each receiver of messages has its own session, opened on first use, so that
 * pausing it does not delay acknowledgements and answers on the main session.
 */
export interface ConnectionResources {
  /** The main session, which is never paused. */
  readonly session: Session
  readonly publisher: Publisher
  readonly replies: Replies
  /** Returns the session for subscriptions. @throws ConnectionError, AuthError */
  subscriber(): Promise<Subscriber>
  /** Returns the session for requests to served methods. @throws ConnectionError, AuthError */
  server(): Promise<Subscriber>
  readonly queues: QueueMembers
}

/** Returns the current connection. @throws ConnectionError if not connected */
export type CurrentConnection = () => ConnectionResources

/** Returns the error of an operation without a connection. */
export function notConnected(): ConnectionError {
  return new ConnectionError('not connected', { notExecuted: true })
}

/** Whether messages can have headers and a content type: MQTT 5, as far as the current connection tells. */
export function hasProperties(connections: CurrentConnection): boolean {
  try {
    return connections().session.version === 5
  } catch {
    return true
  }
}
