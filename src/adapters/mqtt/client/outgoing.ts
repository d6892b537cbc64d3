import type { Clock } from '../../../core/clock.js'
import { SequenceTable } from '../../../core/sequence-table.js'
import { type Ack, PUBREL, writeAck } from './acks.js'
import { ConnectionEnded, Expired, notSent, Refused } from './errors.js'
import { InheritedMessages } from './inherited.js'
import { type Entry, entryOf, ignore, type Outgoing, type OutgoingConnection } from './outgoing-entry.js'
import type { PacketIds } from './packet-ids.js'
import { JOURNAL_WINDOW, type SessionJournal } from './session-journal.js'

const PUBLISH_DUP = 8

/**
 * The publishes of QoS 1 and 2 of one session. No more than the broker's Receive Maximum are unacknowledged at a time
 * (MQTT 5, section 4.9); the others wait in their order. In a session that is kept, messages that were sent outlive
 * their connection: the next one sends them again under their identifiers, in their order (sections 4.4 and 4.6).
 */
export class OutgoingMessages {
  readonly #ids: PacketIds
  readonly #clock: Clock
  readonly #inFlight = new SequenceTable<Entry>()
  readonly #byOperation = new Map<string, Entry>()
  readonly #inherited: InheritedMessages | undefined
  readonly #journal: SessionJournal | undefined
  #connection: OutgoingConnection | undefined
  #keeps = false
  /** What was sent over an earlier connection and is to be sent again, before what waits. */
  #again: Entry[] = []
  #waiting: Entry[] = []
  #next = 0
  #order = 0
  /** Against the broker's Receive Maximum, on this connection. */
  #counted = 0
  /** Of QoS 2, in the whole session. */
  #qos2 = 0

  constructor(ids: PacketIds, clock: Clock, journal: SessionJournal | undefined) {
    this.#ids = ids
    this.#clock = clock
    this.#journal = journal
    this.#inherited = journal && new InheritedMessages(journal, ids)
  }

  /** Whether an earlier life left so much unfinished that only a new session helps. */
  get isOverburdened(): boolean {
    return this.#inherited?.isOverburdened === true
  }

  /**
   * A connection has been established.
   * @param resumed whether the broker has kept the session: then what is in flight is sent again, else it is rejected
   * @param keeps whether the session outlives this connection
   */
  connected(connection: OutgoingConnection, resumed: boolean, keeps: boolean): void {
    this.#connection = connection
    this.#keeps = keeps
    this.#counted = 0
    if (!resumed) return this.#forget(new ConnectionEnded('the broker has not kept the session'))
    const inFlight = this.#inFlight.values().sort((a, b) => a.order - b.order)
    for (const entry of inFlight) {
      entry.counted = false
      if (entry.released) writeAck(connection.outbound, PUBREL, entry.id)
    }
    for (const id of this.#inherited?.released() ?? []) writeAck(connection.outbound, PUBREL, id)
    this.#again = inFlight.filter(({ released }) => !released)
    this.#advance()
  }

  /** The connection has ended. What a kept session has stays pending; the rest is rejected. */
  disconnected(error: Error): void {
    this.#connection = undefined
    this.#again = []
    const waiting = this.#waiting.slice(this.#next)
    this.#waiting = []
    this.#next = 0
    if (!this.#keeps) this.#forget(error)
    if (waiting.length === 0) return
    const unsent = notSent(error)
    for (const { reject } of waiting) reject(unsent)
  }

  /** Nobody waits for the outcome any more, but a kept session keeps what it has. Rejects all that is pending. */
  abandon(error: Error): void {
    for (const entry of this.#inFlight.values()) {
      entry.reject(error)
      entry.promise = undefined
      entry.resolve = entry.reject = ignore
    }
  }

  /**
   * Resolves with the broker's reason code once it has taken the message. An operation that the session has already
   * goes on under its identifier.
   * @throws Refused, Expired (the deadline passed while it waited for its turn), ConnectionEnded
   */
  send(outgoing: Outgoing): Promise<number> {
    const known = this.#keeps ? this.#known(outgoing) : undefined
    if (known !== undefined) return known
    return new Promise((resolve, reject) => {
      if (this.#connection === undefined)
        return reject(new ConnectionEnded('not connected', { notSent: true }))
      this.#waiting.push(entryOf(outgoing, resolve, reject))
      this.#advance()
    })
  }

  /** A PUBACK or PUBCOMP. Unknown identifiers are of an earlier exchange, and ignored. */
  onCompleted(ack: Ack): void {
    const entry = this.#inFlight.get(ack.id)
    if (entry !== undefined) this.#settle(ack, entry)
    else if (this.#inherited?.completed(ack.id)) this.#advance()
  }

  /** A PUBREC: the broker has the message of QoS 2, or refuses it. */
  onReceived(ack: Ack): void {
    const entry = this.#inFlight.get(ack.id)
    if (ack.reason >= 0x80) {
      if (entry !== undefined) this.#settle(ack, entry)
      return
    }
    if (entry !== undefined && !entry.released) {
      entry.released = true
      // PUBRELs are sent again in the order of their PUBRECs ([MQTT-4.6.0-4]).
      entry.order = ++this.#order
      if (entry.slot !== undefined) this.#journal?.advance(entry.slot, 'released')
    } else this.#inherited?.received(ack.id)
    if (this.#connection !== undefined) writeAck(this.#connection.outbound, PUBREL, ack.id)
  }

  /** What becomes of an operation that was handed to this session before; `undefined` when it is new. */
  #known(outgoing: Outgoing): Promise<number> | undefined {
    const { operationId } = outgoing
    if (operationId === undefined) return undefined
    const entry = this.#byOperation.get(operationId)
    if (entry !== undefined) return this.#rejoin(entry)
    const inherited = this.#inherited?.claim(operationId)
    if (inherited === undefined) return undefined
    if (inherited.phase === 'done') return Promise.resolve(0)
    const claimed = entryOf(outgoing, ignore, ignore)
    claimed.id = inherited.id
    claimed.slot = inherited.slot
    claimed.released = inherited.phase === 'released'
    claimed.order = ++this.#order
    this.#track(claimed)
    const promise = this.#rejoin(claimed)
    if (!claimed.released) {
      this.#again.push(claimed)
      this.#advance()
    }
    return promise
  }

  #rejoin(entry: Entry): Promise<number> {
    if (entry.promise !== undefined) return entry.promise
    const earlier = { resolve: entry.resolve, reject: entry.reject }
    entry.promise = new Promise((resolve, reject) => {
      entry.resolve = (reason) => {
        earlier.resolve(reason)
        resolve(reason)
      }
      entry.reject = (error) => {
        earlier.reject(error)
        reject(error)
      }
    })
    return entry.promise
  }

  #settle(ack: Ack, entry: Entry): void {
    this.#inFlight.take(ack.id)
    this.#ids.deallocate(ack.id)
    if (entry.counted) this.#counted--
    if (entry.outgoing.qos === 2) this.#qos2--
    this.#untrack(entry)
    if (entry.slot !== undefined) {
      if (ack.reason >= 0x80) this.#journal?.remove(entry.slot)
      else this.#journal?.advance(entry.slot, 'done')
    }
    if (ack.reason >= 0x80) entry.reject(new Refused(ack.reason, ack.reasonString))
    else entry.resolve(ack.reason)
    this.#advance()
  }

  #advance(): void {
    const connection = this.#connection
    if (connection === undefined) return
    const { window } = connection
    const all = this.#journal === undefined ? window.all : Math.min(window.all, JOURNAL_WINDOW)
    while (this.#again.length > 0 && this.#counted < all)
      this.#transmit(connection, this.#again.shift()!, true)
    if (this.#again.length > 0) return
    while (this.#next < this.#waiting.length && this.#counted < all) {
      const entry = this.#waiting[this.#next]!
      if (entry.outgoing.qos === 2 && this.#qos2 >= window.qos2) break
      if (entry.outgoing.deadline <= this.#clock.monotonic()) entry.reject(new Expired('publish'))
      else if (!this.#begin(connection, entry)) break
      this.#next++
    }
    if (this.#next === this.#waiting.length || this.#next > 1_024) {
      this.#waiting.splice(0, this.#next)
      this.#next = 0
    }
  }

  #begin(connection: OutgoingConnection, entry: Entry): boolean {
    const id = this.#ids.allocate()
    if (id === null) return false
    entry.id = id
    entry.order = ++this.#order
    const { operationId } = entry.outgoing
    if (this.#keeps && operationId !== undefined) entry.slot = this.#journal?.enter(id, operationId)
    this.#track(entry)
    this.#transmit(connection, entry, false)
    return true
  }

  #track(entry: Entry): void {
    this.#inFlight.set(entry.id, entry)
    if (entry.outgoing.qos === 2) this.#qos2++
    const { operationId } = entry.outgoing
    if (this.#keeps && operationId !== undefined) this.#byOperation.set(operationId, entry)
  }

  #untrack({ outgoing }: Entry): void {
    if (outgoing.operationId !== undefined) this.#byOperation.delete(outgoing.operationId)
  }

  #transmit({ outbound }: OutgoingConnection, entry: Entry, again: boolean): void {
    const { qos, retain, topic, properties, payload } = entry.outgoing
    entry.counted = true
    this.#counted++
    const flags = (again ? PUBLISH_DUP : 0) | (qos << 1) | (retain ? 1 : 0)
    outbound.publish(flags, topic, entry.id, properties, payload)
  }

  /** There is no session any more: what was in flight is rejected. */
  #forget(error: Error): void {
    const inFlight = this.#inFlight.values()
    this.#inFlight.clear()
    this.#byOperation.clear()
    this.#inherited?.clear()
    this.#again = []
    this.#qos2 = 0
    for (const { id, reject } of inFlight) {
      this.#ids.deallocate(id)
      reject(error)
    }
  }
}
