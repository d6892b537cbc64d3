import type { Clock } from '../../../core/clock.js'
import { OutgoingMessages } from './outgoing.js'
import type { OutgoingConnection } from './outgoing-entry.js'
import { PacketIds } from './packet-ids.js'
import { ReceivedIds } from './received-ids.js'
import type { RecentMessages } from './recent-messages.js'
import type { SessionJournal } from './session-journal.js'

/** The client's part of the session state, kept from one connection to the next (MQTT 5, section 4.1). */
export class SessionState {
  readonly ids = new PacketIds()
  readonly outgoing: OutgoingMessages
  readonly received: ReceivedIds
  readonly #journal: SessionJournal | undefined
  #known: boolean

  /**
   * @param journal memory that outlives the thread, if any
   * @param recent set if no message of QoS 1 may be taken twice
   */
  constructor(clock: Clock, journal?: SessionJournal, recent?: RecentMessages) {
    this.#journal = journal
    this.#known = journal?.isKnown === true
    this.outgoing = new OutgoingMessages(this.ids, clock, journal)
    this.received = new ReceivedIds(journal, recent)
  }

  /** Whether this is the state of the broker's session. If not, the session must not be resumed. */
  get isKnown(): boolean {
    return this.#known && !this.outgoing.isOverburdened
  }

  /**
   * Starts using a new connection.
   * @param resumed whether the broker has kept the session
   * @param keeps whether it keeps the session when this connection ends
   */
  established(connection: OutgoingConnection, resumed: boolean, keeps: boolean): void {
    if (!resumed) {
      this.received.clear()
      this.#journal?.clear()
    }
    this.#known = true
    this.#journal?.begin()
    this.outgoing.connected(connection, resumed, keeps)
  }
}
