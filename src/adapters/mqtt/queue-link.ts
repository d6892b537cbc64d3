import type { Clock } from '../../core/clock.js'
import { AuthError } from '../../core/errors.js'
import type { Logger } from '../../core/telemetry.js'
import { Adoption } from './adoption.js'
import type { Role } from './client/dialer.js'
import { type Session, SessionMemory } from './client/session.js'
import type { QueueLink } from './link.js'
import { mark, OrphanWatch, orphanWill } from './orphans.js'
import { QueueInbox } from './queue-inbox.js'
import type { Channel, Receiver, SessionGroup } from './session-group.js'
import { SharedProbe } from './shared-probe.js'

/** Sessions that are taken over at the same time. */
const MOST_ADOPTIONS = 4

/** What the queue role of a connection is made of. */
export interface QueueSettings {
  readonly sessions: SessionGroup
  readonly role: (clientId: string) => Role
  readonly clientId: string
  readonly memory: SessionMemory
  /** The group that shares the queues. */
  readonly group: string
  /** Whether the members of the group take over from each other. */
  readonly takeover: boolean
  readonly clock: Clock
  readonly log: Logger
}

/** Opens the queue role of a connection. @throws ConnectionError, AuthError */
export async function openQueue(settings: QueueSettings): Promise<QueueLink> {
  const { group, clock } = settings
  const { session, inbox } = settings.takeover ? await openMember(settings) : await open(settings)
  const shared = await inbox.probe.run(session, group, clock)
  return { session, inbox: inbox.queues, shared }
}

type QueueChannel = Channel<GroupInbox>

function open(settings: QueueSettings, will: Partial<Role> = {}): Promise<QueueChannel> {
  const { sessions, role, clientId, memory } = settings
  return sessions.open({ ...role(clientId), ...will }, memory, (session) => new GroupInbox(settings, session))
}

/** Opens it as a member that the others know of, unless the rules of the broker forbid that. */
async function openMember(settings: QueueSettings): Promise<QueueChannel> {
  const { group, clientId, log } = settings
  let channel: QueueChannel
  try {
    channel = await open(settings, { will: orphanWill(group, clientId), willOnClose: true })
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    channel = await open(settings)
    log({
      level: 'warn',
      message: `the members of ${group} cannot take over from each other`,
      reason: error.message,
    })
    return channel
  }
  const { session, inbox } = channel
  await mark(session, group, clientId, '').catch((error: Error) =>
    log({
      level: 'warn',
      message: `the members of ${group} cannot take over from each other`,
      reason: error.message,
    }),
  )
  await inbox.orphans.start(session)
  return channel
}

/** The messages of queues, what tells of other members of the group, and what tries out whether there are groups. */
class GroupInbox implements Receiver {
  readonly probe = new SharedProbe()
  readonly queues: QueueInbox
  readonly orphans: OrphanWatch
  readonly #settings: QueueSettings
  readonly #adoptions = new Map<string, Adoption>()

  constructor(settings: QueueSettings, session: Session) {
    const { group, clock } = settings
    this.#settings = settings
    this.queues = new QueueInbox(clock, session)
    this.orphans = new OrphanWatch(group, clock, (clientId) => this.#adopt(clientId))
  }

  onPublish(...given: Parameters<Receiver['onPublish']>): void {
    if (this.orphans.accept(...given) || this.probe.accept(...given)) return
    this.queues.onPublish(...given)
  }

  close(): void {
    this.orphans.close()
    this.probe.close()
    this.queues.close()
    for (const adoption of this.#adoptions.values()) adoption.stop()
  }

  #adopt(clientId: string): boolean {
    const { sessions, role, group, clock, log } = this.#settings
    if (clientId === this.#settings.clientId) return true
    if (this.#adoptions.has(clientId) || this.#adoptions.size >= MOST_ADOPTIONS) return false
    if (this.queues.consumed.length === 0) return false
    log({ level: 'info', message: `taking over what ${clientId} left of the queues of ${group}` })
    const member = { ...role(clientId), will: orphanWill(group, clientId), willOnClose: true }
    const adoption = new Adoption({
      clientId,
      group,
      clock,
      inbox: this.queues,
      open: (owner) => sessions.openApart(member, new SessionMemory(), owner),
    })
    this.#adoptions.set(clientId, adoption)
    void adoption.run().then(() => this.#adoptions.delete(clientId))
    return true
  }
}
