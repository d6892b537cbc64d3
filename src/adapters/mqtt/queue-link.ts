import type { Clock } from '../../core/clock.js'
import type { Role } from './dialer.js'
import type { QueueLink } from './link.js'
import { QueueInbox } from './queue-inbox.js'
import type { Session, SessionMemory } from './session.js'
import type { Receiver, SessionGroup } from './session-group.js'
import { SharedProbe } from './shared-probe.js'

/**
 * Opens the queue role of a connection.
 * @param shareGroup the group that shares the queues
 * @throws ConnectionError, AuthError
 */
export async function openQueue(
  sessions: SessionGroup,
  role: Role,
  memory: SessionMemory,
  shareGroup: string,
  clock: Clock,
): Promise<QueueLink> {
  const { session, inbox } = await sessions.open(role, memory, (opened) => new ProbedInbox(clock, opened))
  const shared = await inbox.probe.run(session, shareGroup, clock)
  return { session, inbox: inbox.queues, shared }
}

/** The messages of queues, and the one that tries out whether the broker shares them. */
class ProbedInbox implements Receiver {
  readonly probe = new SharedProbe()
  readonly queues: QueueInbox

  constructor(clock: Clock, session: Session) {
    this.queues = new QueueInbox(clock, session)
  }

  onPublish(...given: Parameters<Receiver['onPublish']>): void {
    if (!this.probe.accept(...given)) this.queues.onPublish(...given)
  }

  close(): void {
    this.probe.close()
    this.queues.close()
  }
}
