import type { DeadLetterReport } from '../../core/adapter/protocol-adapter.js'
import type { ByteBudget } from '../../core/byte-budget.js'
import type { Clock } from '../../core/clock.js'
import type { Random } from '../../core/random.js'
import type { Logger } from '../../core/telemetry.js'
import type { Role } from './client/dialer.js'
import type { Publisher } from './client/publisher.js'
import { NO_OWNER, type SessionOwner } from './client/session-owner.js'
import { SessionState } from './client/session-state.js'
import type { LeftSessions } from './left-sessions.js'
import { orphanWill, queueClientId } from './orphans.js'
import { QueueMember } from './queue-member.js'
import { QueueState } from './queue-member-options.js'
import type { SessionGroup } from './session-group.js'

/** What the members of one connection share. */
export interface QueueMembersOptions {
  readonly sessions: SessionGroup
  /** Returns the role of a queue's connection. */
  readonly role: (clientId: string) => Role
  /** The client id of the integration. */
  readonly clientId: string
  readonly group: string
  readonly publisher: Publisher
  /** The state of each queue by its name; outlives the connection. */
  readonly states: Map<string, QueueState>
  readonly takeover: boolean
  /** Sessions that replaced connections have left. */
  readonly left: LeftSessions
  readonly outlives: boolean
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly budget: ByteBudget
  deadLettered(letter: DeadLetterReport): void
  /**
   * Returns whether the broker supports shared subscriptions; probes it if the broker does not say. @throws
   * ConnectionEnded
   */
  isShared(): Promise<boolean>
}

/** The consumed queues of one connection of the actor, each with its own MQTT connection. */
export class QueueMembers {
  readonly #options: QueueMembersOptions
  readonly #members = new Map<string, Promise<QueueMember>>()

  constructor(options: QueueMembersOptions) {
    this.#options = options
  }

  /** Returns whether the broker supports queues. @throws ConnectionEnded */
  areThere(): Promise<boolean> {
    return this.#options.isShared()
  }

  /** Returns the member for a queue; connects it if needed. @throws ConnectionError, AuthError */
  async open(queue: string): Promise<QueueMember> {
    const known = this.#members.get(queue)
    if (known !== undefined) {
      const member = await known
      if (!member.isGone) return member
      if (this.#members.get(queue) === known) this.#members.delete(queue)
    }
    return this.#members.get(queue) ?? this.#make(queue)
  }

  /** Continues leaving queues where an earlier connection could not finish. */
  resume(): void {
    for (const [queue, state] of this.#options.states) {
      if (!state.isLeaving) continue
      this.open(queue).then(
        (member) => member.leaveIfUnused(),
        () => {},
      )
    }
  }

  /** The queues that are consumed. */
  get queues(): readonly string[] {
    return [...this.#members.keys()]
  }

  /** Takes over what replaced connections have left in their sessions for the queues that are consumed. */
  adoptLeft(): void {
    for (const member of this.#members.values())
      member.then(
        (made) => made.adoptLeft(),
        () => {},
      )
  }

  /**
   * Closes all members.
   * @param isLost whether the connection is lost, so that nothing can be given back
   * @param endsSessions whether nobody comes back for their sessions
   */
  async close(isLost: boolean, endsSessions = false): Promise<void> {
    const members = [...this.#members.values()]
    this.#members.clear()
    await Promise.all(
      members.map((member) => member.then((made) => made.close(isLost, endsSessions)).catch(() => {})),
    )
  }

  #make(queue: string): Promise<QueueMember> {
    const { sessions, role, group, states, takeover, clock } = this.#options
    const clientId = queueClientId(this.#options.clientId, queue)
    const state = states.get(queue) ?? new QueueState(new SessionState(clock))
    states.set(queue, state)
    const will = (id: string): Partial<Role> =>
      takeover ? { will: orphanWill({ group, queue }, id), willOnClose: true } : {}
    const made: Promise<QueueMember> = QueueMember.open({
      ...this.#options,
      queue,
      clientId,
      state,
      open: (owner: SessionOwner) =>
        sessions.openApart({ ...role(clientId), ...will(clientId) }, state.session, owner),
      openOrphan: (id, owner) =>
        sessions.openApart({ ...role(id), ...will(id) }, new SessionState(clock), owner),
      endSession: async (id) => {
        const clean = { ...role(id), clean: true, sessionExpiryMs: 0 }
        await (await sessions.openApart(clean, new SessionState(clock), NO_OWNER)).close()
      },
      onGone: (isOver) => {
        if (this.#members.get(queue) === made) this.#members.delete(queue)
        if (isOver && states.get(queue) === state) states.delete(queue)
      },
    })
    this.#members.set(queue, made)
    made.catch(() => {
      if (this.#members.get(queue) === made) this.#members.delete(queue)
    })
    return made
  }
}
