import type { DeadLetterReport } from '../../core/adapter.js'
import type { ByteBudget } from '../../core/byte-budget.js'
import type { Clock } from '../../core/clock.js'
import type { Random } from '../../core/random.js'
import type { Logger } from '../../core/telemetry.js'
import type { Publisher } from './client/publisher.js'
import type { Session } from './client/session.js'
import type { SessionOwner } from './client/session-owner.js'
import type { SessionState } from './client/session-state.js'

/** What is remembered of a queue from one connection to the next. */
export class QueueState {
  readonly session: SessionState
  /** Deliveries of unacknowledged messages to handlers, by packet identifier. */
  readonly counts = new Map<number, number>()
  /** Whether the last consumer has closed and something could not be given back yet. */
  isLeaving = false

  constructor(session: SessionState) {
    this.session = session
  }
}

/** What a member of a queue's group depends on. */
export interface QueueMemberOptions {
  readonly queue: string
  readonly group: string
  readonly clientId: string
  readonly state: QueueState
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly budget: ByteBudget
  /** Whether somebody comes back under this client id after the end of this process. */
  readonly outlives: boolean
  readonly takeover: boolean
  /** Of the main connection: how messages are put back into the queue. */
  readonly publisher: Publisher
  open(owner: SessionOwner): Promise<Session>
  /** Opens the session of another member, in which it is orphaned. */
  openOrphan(clientId: string, owner: SessionOwner): Promise<Session>
  /** Ends the session for good, where DISCONNECT cannot (3.1.1). */
  endSession(): Promise<void>
  /** A message cannot be given back, because its payload was skipped: it is a dead letter. */
  deadLettered(letter: DeadLetterReport): void
  /** Called once, when the member is gone. @param isOver whether its session was ended too */
  readonly onGone: (isOver: boolean) => void
}
