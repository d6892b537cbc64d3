import type { Clock } from '../../../core/clock.js'
import { TimeoutError } from '../../../core/errors.js'
import { SequenceTable } from '../../../core/sequence-table.js'
import { type Ack, PUBREL, writeAck } from './acks.js'
import type { Outbound } from './outbound.js'
import type { PacketIds } from './packet-ids.js'
import { describeReason } from './reason-codes.js'

/** A publish of QoS 1 or 2 on its way. */
export interface Outgoing {
  readonly qos: 1 | 2
  readonly retain: boolean
  /** With its length in front. */
  readonly topic: Uint8Array
  /** With their length in front; `undefined` in MQTT 3.1.1. */
  readonly properties: Uint8Array | undefined
  readonly payload: Uint8Array
  /** `clock.monotonic()` milliseconds after which it is not sent any more. */
  readonly deadline: number
}

interface Pending {
  readonly outgoing: Outgoing
  readonly resolve: (reason: number) => void
  readonly reject: (error: Error) => void
}

/** How many messages may be unacknowledged. */
export interface SendWindow {
  readonly all: number
  /** Of QoS 2. */
  readonly qos2: number
}

/**
 * MQTT 3.1.1 has no Receive Maximum, but brokers have a limit all the same: mosquitto closes the connection of
 * a client that has more than 20 messages of QoS 2 in flight.
 */
const UNSPOKEN_QOS2_LIMIT = 20

/** @param receiveMaximum of the broker */
export function sendWindow(version: 4 | 5, receiveMaximum: number): SendWindow {
  return { all: receiveMaximum, qos2: version === 5 ? receiveMaximum : UNSPOKEN_QOS2_LIMIT }
}

/** The broker refused a publish. The message says why. */
export class Refused extends Error {}

/**
 * The publishes of QoS 1 and 2 of one connection. No more than the broker's Receive Maximum are unacknowledged
 * at a time (MQTT 5, section 4.9); the others wait in their order.
 */
export class OutgoingMessages {
  readonly #outbound: Outbound
  readonly #ids: PacketIds
  readonly #clock: Clock
  readonly #window: SendWindow
  readonly #inFlight = new SequenceTable<Pending>()
  /** Identifiers of QoS 2 that the broker may remember. */
  readonly #unreleased: Set<number>
  #waiting: Pending[] = []
  #next = 0

  /**
   * @param unreleased the QoS 2 identifiers whose exchange an earlier connection left unfinished, if the session
   * was resumed: they are released now, so that the broker completes those messages.
   */
  constructor(outbound: Outbound, ids: PacketIds, clock: Clock, window: SendWindow, unreleased: Set<number>) {
    this.#outbound = outbound
    this.#ids = ids
    this.#clock = clock
    this.#window = window
    this.#unreleased = unreleased
    for (const id of unreleased) {
      ids.register(id)
      writeAck(outbound, PUBREL, id)
    }
  }

  /**
   * Resolves with the broker's reason code once it has taken the message.
   * @throws Refused, TimeoutError (the deadline passed while it waited for its turn), the reason of `close`
   */
  send(outgoing: Outgoing): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ outgoing, resolve, reject })
      this.#advance()
    })
  }

  /** A PUBACK or PUBCOMP. Unknown identifiers are of an earlier exchange, and ignored. */
  onCompleted(ack: Ack): void {
    const released = this.#unreleased.delete(ack.id)
    const pending = this.#inFlight.get(ack.id)
    if (pending !== undefined) this.#settle(ack, pending)
    else if (released) {
      this.#ids.deallocate(ack.id)
      this.#advance()
    }
  }

  /** A PUBREC: the broker has the message of QoS 2, or refuses it. */
  onReceived(ack: Ack): void {
    const pending = this.#inFlight.get(ack.id)
    if (ack.reason >= 0x80) {
      this.#unreleased.delete(ack.id)
      if (pending !== undefined) this.#settle(ack, pending)
      return
    }
    writeAck(this.#outbound, PUBREL, ack.id)
  }

  /** Rejects all that is pending. */
  close(error: Error): void {
    const pending = [...this.#inFlight.values(), ...this.#waiting.slice(this.#next)]
    this.#inFlight.clear()
    this.#waiting = []
    this.#next = 0
    for (const { reject } of pending) reject(error)
  }

  #settle(ack: Ack, pending: Pending): void {
    this.#inFlight.take(ack.id)
    this.#ids.deallocate(ack.id)
    if (ack.reason >= 0x80) pending.reject(new Refused(describeReason(ack.reason)))
    else pending.resolve(ack.reason)
    this.#advance()
  }

  #advance(): void {
    while (this.#next < this.#waiting.length && this.#inFlight.size < this.#window.all) {
      const pending = this.#waiting[this.#next]!
      if (pending.outgoing.qos === 2 && this.#unreleased.size >= this.#window.qos2) break
      if (pending.outgoing.deadline <= this.#clock.monotonic()) pending.reject(new TimeoutError('publish'))
      else if (!this.#transmit(pending)) break
      this.#next++
    }
    if (this.#next === this.#waiting.length || this.#next > 1_024) {
      this.#waiting.splice(0, this.#next)
      this.#next = 0
    }
  }

  #transmit(pending: Pending): boolean {
    const id = this.#ids.allocate()
    if (id === null) return false
    const { qos, retain, topic, properties, payload } = pending.outgoing
    this.#inFlight.set(id, pending)
    if (qos === 2) this.#unreleased.add(id)
    this.#outbound.publish((qos << 1) | (retain ? 1 : 0), topic, id, properties, payload)
    return true
  }
}
