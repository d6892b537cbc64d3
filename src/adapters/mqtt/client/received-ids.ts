import type { SessionJournal } from './session-journal.js'

/** The acknowledgement that is due for a message: see `Hold`. */
interface Due {
  settle(): boolean
}

/**
 * The QoS 2 messages that we have received and the broker has not released (MQTT 5, section 4.3.3): a message under
 * one of these identifiers is the same one again and is not delivered. Outlives connections; the journal, where there
 * is one, outlives the thread.
 */
export class ReceivedIds {
  readonly #taken = new Set<number>()
  /**
   * Delivered and not taken, perhaps on an earlier connection: the acknowledgement that was due then, and those of the
   * same message on later connections. All wait for the one who has the message.
   */
  readonly #delivered = new Map<number, Due[]>()
  readonly #journal: SessionJournal | undefined

  constructor(journal: SessionJournal | undefined) {
    this.#journal = journal
  }

  /** @returns whether the message is new and must be delivered; if not, `hold` is settled when the first one is. */
  receive(id: number, hold: Due): boolean {
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

  /** The message has another owner: from now on it counts as received. @param hold what was given to `receive` first */
  take(id: number, hold: Due): void {
    const holds = this.#delivered.get(id)
    // Of an earlier session: the identifier belongs to another message by now.
    if (holds === undefined || holds[0] !== hold) return
    this.#delivered.delete(id)
    this.#taken.add(id)
    this.#journal?.addReceived(id)
    for (let i = 1; i < holds.length; i++) holds[i]!.settle()
  }

  /** Nobody has the message: it is delivered when it comes again. @param hold what was given to `receive` first */
  drop(id: number, hold: Due): void {
    if (this.#delivered.get(id)?.[0] === hold) this.#delivered.delete(id)
  }

  /** PUBREL: the identifier is free. */
  release(id: number): void {
    if (this.#taken.delete(id)) this.#journal?.deleteReceived(id)
    else if (this.#journal?.hasReceived(id)) this.#journal.deleteReceived(id)
  }

  /** The session is gone. */
  clear(): void {
    this.#taken.clear()
    this.#delivered.clear()
  }
}
