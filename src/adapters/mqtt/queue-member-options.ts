import type { DeadLetterReport } from '../../core/adapter/protocol-adapter.js'
import type { ByteBudget } from '../../core/byte-budget.js'
import type { Clock } from '../../core/clock.js'
import type { Random } from '../../core/random.js'
import type { Logger } from '../../core/telemetry.js'
import type { Publisher } from './client/publisher.js'
import type { Session } from './client/session.js'
import type { SessionOwner } from './client/session-owner.js'
import type { SessionState } from './client/session-state.js'
import type { LeftSessions } from './left-sessions.js'

/** The state of a queue that is kept from one connection to the next. */
export class QueueState {
  readonly session: SessionState
  /** Deliveries of unacknowledged messages to handlers, by packet identifier. */
  readonly counts = new Map<number, number>()
  /** Whether the last consumer has closed and some messages are not given back yet. */
  isLeaving = false

  constructor(session: SessionState) {
    this.session = session
  }
}

/** What a member of a queue's group needs. */
export interface QueueMemberOptions {
  readonly queue: string
  readonly group: string
  readonly clientId: string
  readonly state: QueueState
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly budget: ByteBudget
  /** Whether this client id is used again after the process has ended. */
  readonly outlives: boolean
  readonly takeover: boolean
  /** Sessions that replaced connections have left. */
  readonly left: LeftSessions
  /** The publisher of the main session, which returns messages to the queue. */
  readonly publisher: Publisher
  open(owner: SessionOwner): Promise<Session>
  /** Opens the session of an orphaned member. */
  openOrphan(clientId: string, owner: SessionOwner): Promise<Session>
  /** Ends a session where DISCONNECT cannot (MQTT 3.1.1). */
  endSession(clientId: string): Promise<void>
  /** Reports a message as a dead letter because its payload was skipped and it cannot be given back. */
  deadLettered(letter: DeadLetterReport): void
  /** Called once when the member has ended. @param isOver whether its session was ended too */
  readonly onGone: (isOver: boolean) => void
}
