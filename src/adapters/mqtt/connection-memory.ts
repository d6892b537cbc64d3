import type { Clock } from '../../core/clock.js'
import { SessionJournal } from './client/session-journal.js'
import { SessionState } from './client/session-state.js'
import { Continuity } from './continuity.js'
import { KEPT_BYTES } from './manifest.js'
import type { QueueState } from './queue-member-options.js'
import { uniqueId } from './unique-id.js'

/** What an adapter remembers from one connection to the next. */
export class ConnectionMemory {
  readonly main: SessionState
  readonly subscriber: SessionState
  readonly server: SessionState
  readonly continuity = { subscriber: new Continuity(), server: new Continuity() }
  /** By queue. */
  readonly queues = new Map<string, QueueState>()
  /** The roles that were used: the next connection opens them at once. */
  readonly used = new Set<'subscriber' | 'server'>()
  /** Whether the broker has shared subscriptions, once that was tried out. */
  isShared: boolean | undefined
  #replyId: string | undefined

  /** @param kept memory that outlives the actor, for sessions that the broker keeps */
  constructor(clock: Clock, kept: SharedArrayBuffer | undefined) {
    const journals =
      kept !== undefined && kept.byteLength >= KEPT_BYTES
        ? [new SessionJournal(kept, 0), new SessionJournal(kept, SessionJournal.bytes)]
        : []
    this.main = new SessionState(clock, journals[0])
    this.subscriber = new SessionState(clock, journals[1])
    this.server = new SessionState(clock)
  }

  /** Ends the response topic: a resumed session has it already. */
  get replyId(): string {
    this.#replyId ??= uniqueId()
    return this.#replyId
  }
}
