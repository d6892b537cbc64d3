import type { Clock } from '../../core/clock.js'
import type { Random } from '../../core/random.js'
import { SessionJournal } from './client/session-journal.js'
import { SessionState } from './client/session-state.js'
import { Continuity } from './continuity.js'
import type { QueueState } from './queue-member-options.js'

/** A journal for each of the two sessions that are kept. The manifest asks for as much. */
export const KEPT_BYTES = 2 * SessionJournal.bytes

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
  readonly #random: Random
  #replyId: string | undefined
  #lastSubscriptionId: number

  /** @param kept memory that outlives the actor, for sessions that the broker keeps */
  constructor(clock: Clock, random: Random, kept: SharedArrayBuffer | undefined) {
    this.#random = random
    this.#lastSubscriptionId = Math.floor(random.number() * 0x07ff_ffff)
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
    this.#replyId ??= this.#random.uuid()
    return this.#replyId
  }

  /**
   * A number that no other subscription of this client has, nor, most likely, one that the broker kept from an
   * earlier life.
   */
  newSubscriptionId(): number {
    this.#lastSubscriptionId = (this.#lastSubscriptionId % 0x0fff_ffff) + 1
    return this.#lastSubscriptionId
  }
}
