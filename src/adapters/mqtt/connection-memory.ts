import type { Clock } from '../../core/clock.js'
import type { Random } from '../../core/random.js'
import { RecentMessages } from './client/recent-messages.js'
import { SessionJournal } from './client/session-journal.js'
import { SessionState } from './client/session-state.js'
import { Continuity } from './continuity.js'
import { LeftSessions } from './left-sessions.js'
import type { QueueState } from './queue-member-options.js'

/**
 * The size of the journals of the two kept sessions and of the memory of served requests, in bytes. The manifest
 * requests the same size.
 */
export const KEPT_BYTES = 2 * SessionJournal.bytes + RecentMessages.bytes

/** The state that an adapter keeps from one connection to the next. */
export class ConnectionMemory {
  readonly main: SessionState
  readonly subscriber: SessionState
  readonly server: SessionState
  readonly continuity = { subscriber: new Continuity(), server: new Continuity() }
  /** The state of each queue by its name. */
  readonly queues = new Map<string, QueueState>()
  /** Sessions that replaced connections of the integration have left. */
  readonly left = new LeftSessions()
  /** The roles that were used. The next connection opens them at once. */
  readonly used = new Set<'subscriber' | 'server'>()
  /** Whether the broker supports shared subscriptions, once probed. */
  isShared: boolean | undefined
  readonly #random: Random
  #replyId: string | undefined
  #lastSubscriptionId: number

  /**
   * @param keepsSessions whether the broker keeps the sessions
   * @param kept memory that outlives the actor, for sessions that the broker keeps
   */
  constructor(clock: Clock, random: Random, keepsSessions: boolean, kept: SharedArrayBuffer | undefined) {
    this.#random = random
    this.#lastSubscriptionId = Math.floor(random.number() * 0x07ff_ffff)
    const shared = kept !== undefined && kept.byteLength >= KEPT_BYTES ? kept : undefined
    const journals =
      shared === undefined
        ? []
        : [new SessionJournal(shared, 0), new SessionJournal(shared, SessionJournal.bytes)]
    this.main = new SessionState(clock, journals[0])
    this.subscriber = new SessionState(clock, journals[1])
    const recent = keepsSessions ? new RecentMessages(shared, 2 * SessionJournal.bytes) : undefined
    this.server = new SessionState(clock, undefined, recent)
  }

  /** The last level of the response topic. A resumed session is subscribed to it already. */
  get replyId(): string {
    this.#replyId ??= this.#random.uuid()
    return this.#replyId
  }

  /**
   * Returns a subscription identifier that no other subscription of this client uses. The sequence starts at random, so
   * that a clash with an identifier in a kept session is unlikely.
   */
  newSubscriptionId(): number {
    this.#lastSubscriptionId = (this.#lastSubscriptionId % 0x0fff_ffff) + 1
    return this.#lastSubscriptionId
  }
}
