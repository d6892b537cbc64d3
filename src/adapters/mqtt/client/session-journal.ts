/** Maximum number of messages in flight in a session whose journal outlives the thread. */
export const JOURNAL_WINDOW = 1_024
/** Twice the window, so that completed messages are remembered for a while. */
const SLOTS = 2 * JOURNAL_WINDOW
const SLOT_WORDS = 4
const HEADER_WORDS = 4
const RECEIVED_WORDS = 65_536 / 32
const STATE = 0
const ORDER = 1
const HASH = 2

/** The phase of an exchange: sent, received by the broker (QoS 2, PUBREC), or completed. */
export type Phase = 'sent' | 'released' | 'done'

const PHASES: readonly (Phase | undefined)[] = [undefined, 'sent', 'released', 'done']

/** A message of an earlier life. */
export interface JournalEntry {
  readonly slot: number
  readonly id: number
  readonly phase: Phase
  readonly order: number
  readonly operation: string
}

/**
 * The state of a session that must outlive its thread, in shared memory: packet identifier, phase and operation hash of
 * each message in flight, and the received QoS 2 identifiers. It contains no payloads, because the successor receives
 * the operations again.
 */
export class SessionJournal {
  /** The size of the memory, in bytes. */
  static readonly bytes = 4 * (HEADER_WORDS + RECEIVED_WORDS + SLOTS * SLOT_WORDS)

  readonly #words: Int32Array
  #next = 0
  #order = 0

  /** @param offset start of the journal in the memory, in bytes; a multiple of four */
  constructor(memory: SharedArrayBuffer, offset: number) {
    this.#words = new Int32Array(memory, offset, SessionJournal.bytes / 4)
    for (let slot = 0; slot < SLOTS; slot++)
      this.#order = Math.max(this.#order, this.#words[this.#at(slot) + ORDER]!)
  }

  /** Whether an earlier life had a session, whose state this is. */
  get isKnown(): boolean {
    return Atomics.load(this.#words, 0) === 1
  }

  /** Records that a session exists. */
  begin(): void {
    Atomics.store(this.#words, 0, 1)
  }

  /** Returns all entries, oldest first. */
  entries(): readonly JournalEntry[] {
    const found: JournalEntry[] = []
    for (let slot = 0; slot < SLOTS; slot++) {
      const at = this.#at(slot)
      const state = Atomics.load(this.#words, at + STATE)
      const phase = PHASES[state >>> 16]
      if (phase === undefined) continue
      const operation = `${this.#words[at + HASH]}:${this.#words[at + HASH + 1]}`
      found.push({ slot, id: state & 0xffff, phase, order: this.#words[at + ORDER]!, operation })
    }
    return found.sort((a, b) => a.order - b.order)
  }

  /** Adds a message that is about to be sent. @returns its slot; at most `JOURNAL_WINDOW` may be in use */
  enter(id: number, operation: string): number {
    while (this.#isTaken(this.#next)) this.#next = (this.#next + 1) % SLOTS
    const slot = this.#next
    this.#next = (slot + 1) % SLOTS
    const at = this.#at(slot)
    const [low, high] = hash(operation)
    // Write the phase last: if the thread dies in between, the slot is either empty or complete.
    Atomics.store(this.#words, at + STATE, 0)
    this.#words[at + ORDER] = ++this.#order
    this.#words[at + HASH] = low
    this.#words[at + HASH + 1] = high
    Atomics.store(this.#words, at + STATE, id | (1 << 16))
    return slot
  }

  /** Records the phase of a message. */
  advance(slot: number, phase: 'released' | 'done'): void {
    const at = this.#at(slot) + STATE
    Atomics.store(this.#words, at, (this.#words[at]! & 0xffff) | (PHASES.indexOf(phase) << 16))
  }

  /** Removes a message that the broker refused. */
  remove(slot: number): void {
    Atomics.store(this.#words, this.#at(slot) + STATE, 0)
  }

  /** Returns whether a QoS 2 message was received and not released. */
  hasReceived(id: number): boolean {
    return (Atomics.load(this.#words, HEADER_WORDS + (id >>> 5)) & (1 << (id & 31))) !== 0
  }

  addReceived(id: number): void {
    Atomics.or(this.#words, HEADER_WORDS + (id >>> 5), 1 << (id & 31))
  }

  deleteReceived(id: number): void {
    Atomics.and(this.#words, HEADER_WORDS + (id >>> 5), ~(1 << (id & 31)))
  }

  /** Removes everything, because the broker no longer has the session. */
  clear(): void {
    this.#words.fill(0)
    this.#next = 0
  }

  #isTaken(slot: number): boolean {
    const phase = this.#words[this.#at(slot) + STATE]! >>> 16
    return phase === 1 || phase === 2
  }

  #at(slot: number): number {
    return HEADER_WORDS + RECEIVED_WORDS + slot * SLOT_WORDS
  }
}

/** Returns the key of an operation, as in `JournalEntry.operation`. */
export function operationKey(operation: string): string {
  const [low, high] = hash(operation)
  return `${low}:${high}`
}

/** Returns a 64-bit hash: FNV-1a with two offsets. It distinguishes the few thousand operations of one journal. */
function hash(text: string): readonly [number, number] {
  let low = 0x811c9dc5 | 0
  let high = 0x5bd1e995 | 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    low = Math.imul(low ^ code, 0x01000193)
    high = Math.imul(high ^ (code + i), 0x85ebca6b)
    high ^= high >>> 13
  }
  return [low, high]
}
