import type { RecentMessages } from './recent-messages.js'
import type { SessionJournal } from './session-journal.js'

/** The pending acknowledgement of a message: see `Hold`. */
interface Acknowledgement {
  settle(): boolean
}

/**
 * The received QoS 2 messages that the broker has not released (MQTT 5, section 4.3.3), so that duplicates are not
 * delivered. They outlive connections, and with a journal the thread.
 */
export class ReceivedIds {
  readonly #taken = new Set<number>()
  /**
   * Messages that were delivered and not taken, possibly on an earlier connection, with the acknowledgements due then
   * and for duplicates since. All are settled when the receiver takes the message.
   */
  readonly #delivered = new Map<number, Acknowledgement[]>()
  readonly #journal: SessionJournal | undefined
  /** Set if no message of QoS 1 may be taken twice. */
  readonly recent: RecentMessages | undefined

  constructor(journal: SessionJournal | undefined, recent?: RecentMessages) {
    this.#journal = journal
    this.recent = recent
  }

  /**
   * @returns whether the message is new and must be delivered; if not, `hold` is settled together with the first one
   */
  receive(id: number, hold: Acknowledgement): boolean {
    if (this.#taken.has(id) || this.#journal?.hasReceived(id)) {
      this.#taken.add(id)
      hold.settle()
      return false
    }
    const earlier = this.#delivered.get(id)
    if (earlier !== undefined) earlier.push(hold)
    else this.#delivered.set(id, [hold])
    return earlier === undefined
  }

  /**
   * Records that the message has another owner, and counts as received. @param hold the first one given to `receive`
   */
  take(id: number, hold: Acknowledgement): void {
    const holds = this.#delivered.get(id)
    // The hold belongs to an earlier session, and the identifier to another message by now.
    if (holds === undefined || holds[0] !== hold) return
    this.#delivered.delete(id)
    this.#taken.add(id)
    this.#journal?.addReceived(id)
    for (let i = 1; i < holds.length; i++) holds[i]!.settle()
  }

  /**
   * Forgets a message that was not delivered, so that its redelivery is not taken for a duplicate. @param hold the first one given to `receive`
   */
  drop(id: number, hold: Acknowledgement): void {
    if (this.#delivered.get(id)?.[0] === hold) this.#delivered.delete(id)
  }

  /** Handles PUBREL, which frees the identifier. */
  release(id: number): void {
    if (this.#taken.delete(id)) this.#journal?.deleteReceived(id)
    else if (this.#journal?.hasReceived(id)) this.#journal.deleteReceived(id)
  }

  /** Removes everything, because the session no longer exists. */
  clear(): void {
    this.#taken.clear()
    this.#delivered.clear()
    this.recent?.clear()
  }
}
