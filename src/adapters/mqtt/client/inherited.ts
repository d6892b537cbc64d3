import type { PacketIds } from './packet-ids.js'
import { JOURNAL_WINDOW, type JournalEntry, operationKey, type SessionJournal } from './session-journal.js'

/**
 * What an earlier life of the thread left in the session, by its journal. Identifiers stay in use until the broker has
 * completed them, so that none is taken for a message that the broker has already ([MQTT-4.3.3-10]). The operations
 * are claimed when they are handed over again.
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

  /** Whether so many are unfinished that nobody seems to want them. */
  get isOverburdened(): boolean {
    return this.#byId.size > JOURNAL_WINDOW / 2
  }

  /** The identifiers whose PUBREL is to be sent again, in order. */
  released(): readonly number[] {
    return [...this.#byId.values()].filter(({ phase }) => phase === 'released').map(({ id }) => id)
  }

  /** Takes out what there is of an operation. */
  claim(operationId: string): JournalEntry | undefined {
    if (this.#byOperation.size === 0) return undefined
    const key = operationKey(operationId)
    const entry = this.#byOperation.get(key)
    if (entry === undefined) return undefined
    this.#byOperation.delete(key)
    this.#byId.delete(entry.id)
    return entry
  }

  /** The broker has a message of QoS 2 that nobody has claimed yet. */
  received(id: number): void {
    const entry = this.#byId.get(id)
    if (entry === undefined) return
    this.#journal.advance(entry.slot, 'released')
    this.#put({ ...entry, phase: 'released' })
  }

  /** The broker has completed one that nobody has claimed. @returns whether there was one of that identifier */
  completed(id: number): boolean {
    const entry = this.#byId.get(id)
    if (entry === undefined) return false
    this.#journal.advance(entry.slot, 'done')
    this.#byId.delete(id)
    this.#ids.deallocate(id)
    this.#byOperation.set(entry.operation, { ...entry, phase: 'done' })
    return true
  }

  /** The session is gone. */
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
