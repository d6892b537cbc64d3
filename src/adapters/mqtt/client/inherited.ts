import type { PacketIds } from './packet-ids.js'
import { JOURNAL_WINDOW, type JournalEntry, operationKey, type SessionJournal } from './session-journal.js'

/**
 * Messages that an earlier life of the thread left in the session, according to its journal; the ledger hands their
 * operations over again. Their identifiers stay in use until the broker completes them, so that no new message is taken
 * for a duplicate ([MQTT-4.3.3-10]).
 */
export class InheritedMessages {
  readonly #journal: SessionJournal
  readonly #ids: PacketIds
  readonly #byOperation = new Map<string, JournalEntry>()
  readonly #byId = new Map<number, JournalEntry>()

  constructor(journal: SessionJournal, ids: PacketIds) {
    this.#journal = journal
    this.#ids = ids
    for (const entry of journal.entries()) {
      this.#byOperation.set(entry.operation, entry)
      if (entry.phase === 'done') continue
      this.#byId.set(entry.id, entry)
      ids.register(entry.id)
    }
  }

  /** Whether unfinished messages fill more than half of the journal, which leaves too little room to resume the session. */
  get isOverburdened(): boolean {
    return this.#byId.size > JOURNAL_WINDOW / 2
  }

  /** Returns the identifiers whose PUBREL must be sent again, in order. */
  released(): readonly number[] {
    return [...this.#byId.values()].filter(({ phase }) => phase === 'released').map(({ id }) => id)
  }

  /** Removes and returns the entry of an operation. */
  claim(operationId: string): JournalEntry | undefined {
    if (this.#byOperation.size === 0) return undefined
    const key = operationKey(operationId)
    const entry = this.#byOperation.get(key)
    if (entry === undefined) return undefined
    this.#byOperation.delete(key)
    this.#byId.delete(entry.id)
    return entry
  }

  /** Records PUBREC for an unclaimed message. */
  received(id: number): void {
    const entry = this.#byId.get(id)
    if (entry === undefined) return
    this.#journal.advance(entry.slot, 'released')
    this.#put({ ...entry, phase: 'released' })
  }

  /** Records the completion of an unclaimed message. @returns whether the identifier belongs to one */
  completed(id: number): boolean {
    const entry = this.#byId.get(id)
    if (entry === undefined) return false
    this.#journal.advance(entry.slot, 'done')
    this.#byId.delete(id)
    this.#ids.deallocate(id)
    this.#byOperation.set(entry.operation, { ...entry, phase: 'done' })
    return true
  }

  /** Removes everything, because the session no longer exists. */
  clear(): void {
    for (const id of this.#byId.keys()) this.#ids.deallocate(id)
    this.#byId.clear()
    this.#byOperation.clear()
  }

  #put(entry: JournalEntry): void {
    this.#byId.set(entry.id, entry)
    if (this.#byOperation.has(entry.operation)) this.#byOperation.set(entry.operation, entry)
  }
}
