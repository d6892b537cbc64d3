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
 * The publishes of QoS 1 and 2 of one session, of which at most the broker's Receive Maximum are unacknowledged (MQTT
 * 5, section 4.9). In a kept session, sent messages outlive their connection: the next one sends them again with the
 * same identifiers, in order (sections 4.4 and 4.6).
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
  /** Messages sent on an earlier connection that must be sent again before new ones. */
  #again: Entry[] = []
  #waiting: Entry[] = []
  #next = 0
  #order = 0
  /** Number of messages that count against the broker's Receive Maximum on this connection. */
  #counted = 0
  /** Number of messages of QoS 2 in the whole session. */
  #qos2 = 0

  constructor(ids: PacketIds, clock: Clock, journal: SessionJournal | undefined) {
    this.#ids = ids
    this.#clock = clock
    this.#journal = journal
    this.#inherited = journal && new InheritedMessages(journal, ids)
  }

  /** Whether an earlier life left so many unfinished messages that a new session is needed. */
  get isOverburdened(): boolean {
    return this.#inherited?.isOverburdened === true
  }

  /**
   * Starts sending on a new connection.
   * @param resumed whether the broker has kept the session: messages in flight are then sent again, otherwise rejected
   * @param keeps whether the session outlives this connection
   */
  connected(connection: OutgoingConnection, resumed: boolean, keeps: boolean): void {
    this.#connection = connection
    this.#keeps = keeps
    this.#counted = 0
    if (!resumed) return this.#forget(new ConnectionEnded('the broker did not keep the session'))
    const inFlight = this.#inFlight.values().sort((a, b) => a.order - b.order)
    for (const entry of inFlight) {
      entry.counted = false
      if (entry.released) writeAck(connection.outbound, PUBREL, entry.id)
    }
    for (const id of this.#inherited?.released() ?? []) writeAck(connection.outbound, PUBREL, id)
    this.#again = inFlight.filter(({ released }) => !released)
    this.#advance()
  }

  /**
   * Stops sending after the connection has ended. Sent messages of a kept session stay pending, unless they must not be
   * sent twice; the rest is rejected.
   */
  disconnected(error: Error): void {
    this.#connection = undefined
    this.#again = []
    const waiting = this.#waiting.slice(this.#next)
    this.#waiting = []
    this.#next = 0
    if (this.#keeps) this.#withdraw(error)
    else this.#forget(error)
    if (waiting.length === 0) return
    const unsent = notSent(error)
    for (const { reject } of waiting) reject(unsent)
  }

  /** Rejects all pending messages. A kept session keeps their state. */
  abandon(error: Error): void {
    for (const entry of this.#inFlight.values()) {
      entry.reject(error)
      entry.promise = undefined
      entry.resolve = entry.reject = ignore
    }
  }

  /**
   * Sends a message. If the session already has the operation, it continues that exchange.
   * @returns the broker's reason code once it has accepted the message
   * @throws Refused, Expired (the deadline passed before it could be sent), ConnectionEnded
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

  /** Handles PUBACK or PUBCOMP. Ignores unknown identifiers, which belong to an earlier exchange. */
  onCompleted(ack: Ack): void {
    const entry = this.#inFlight.get(ack.id)
    if (entry !== undefined) this.#settle(ack, entry)
    else if (this.#inherited?.completed(ack.id)) this.#advance()
  }

  /** Handles PUBREC: the broker has the message of QoS 2, or refuses it. */
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

  /** Returns the outcome of an operation that this session already has, or undefined if it is new. */
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

  /**
   * Rejects messages that must not be sent twice. The broker keeps no state of a message of QoS 1 for its publisher, so
   * their identifiers are free.
   */
  #withdraw(error: Error): void {
    for (const { id, outgoing, reject } of this.#inFlight.values()) {
      if (outgoing.once !== true) continue
      this.#inFlight.take(id)
      this.#ids.deallocate(id)
      reject(error)
    }
  }

  /** Rejects all messages in flight, because the session no longer exists. */
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
