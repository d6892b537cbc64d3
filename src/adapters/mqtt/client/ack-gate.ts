import { Deque } from '../../../core/deque.js'
import { PUBACK, PUBREC, writeAck } from './acks.js'
import { MalformedPacket, REASON } from './errors.js'
import type { Outbound } from './outbound.js'
import type { ReceivedIds } from './received-ids.js'
import type { MessageKey } from './recent-messages.js'

/** The pending acknowledgement of one received message. */
export interface Hold {
  /**
   * Releases the acknowledgement. It is sent once those of all earlier messages are sent; later calls do nothing.
   * @returns false if the connection has ended; the broker then delivers the message again
   */
  settle(): boolean
  /** Called when the connection has ended and the message was not delivered: a redelivery is then not a duplicate. */
  drop?(): void
  /** Calls `onWritten` once the acknowledgement has been sent; with false if the connection ended before. */
  written(onWritten: (written: boolean) => void): void
}

/**
 * Maximum number of unacknowledged messages: one for each packet identifier. Receive Maximum is not enforced, because
 * mosquitto 2.0.11 can exceed it: it answers an acknowledgement with two queued messages.
 */
const IDENTIFIERS = 65_535

/**
 * Holds back the acknowledgements of one connection until their messages are settled, and sends them in the order of
 * the messages ([MQTT-4.6.0-2], [MQTT-4.6.0-3]). An unsettled message delays all later acknowledgements, so the broker
 * stops at Receive Maximum.
 */
export class AckGate {
  readonly #outbound: Outbound
  readonly #received: ReceivedIds
  readonly #waiting = new Deque<Waiting>()
  #closed = false

  /**
   * @param received records each QoS 2 message, and each QoS 1 message with a key, when it is settled
   */
  constructor(outbound: Outbound, received: ReceivedIds) {
    this.#outbound = outbound
    this.#received = received
  }

  /** Number of messages whose acknowledgement is not sent. */
  get size(): number {
    return this.#waiting.size
  }

  /**
   * @param key identifies a QoS 1 message that must not be taken twice
   * @throws MalformedPacket if all packet identifiers are unacknowledged
   */
  hold(id: number, qos: 1 | 2, key?: MessageKey): Hold {
    if (this.size >= IDENTIFIERS)
      throw new MalformedPacket(`more than ${IDENTIFIERS} messages at a time`, REASON.receiveMaximumExceeded)
    const waiting = new Waiting(this, id, qos === 1 ? PUBACK : PUBREC, key)
    this.#waiting.push(waiting)
    return waiting
  }

  /** Drops all held acknowledgements. */
  close(): void {
    this.#closed = true
    const dropped = [...this.#waiting]
    this.#waiting.clear()
    for (const waiting of dropped) waiting.end(false)
  }

  /** Forgets a message that was not delivered. Called by `Hold.drop` only. */
  drop(dropped: Waiting): void {
    if (dropped.header === PUBREC) this.#received.drop(dropped.id, dropped)
    if (dropped.key !== undefined) this.#received.recent?.delete(dropped.key)
  }

  /** Sends all settled acknowledgements up to the first unsettled one. Called by `Hold.settle` only. */
  release(settled: Waiting): boolean {
    if (settled.header === PUBREC) this.#received.take(settled.id, settled)
    if (settled.key !== undefined) this.#received.recent?.add(settled.key)
    if (this.#closed) return false
    for (let next = this.#waiting.peek(); next?.settled; next = this.#waiting.peek()) {
      this.#waiting.shift()
      writeAck(this.#outbound, next.header, next.id)
      next.end(true)
    }
    return true
  }
}

class Waiting implements Hold {
  readonly #gate: AckGate
  readonly id: number
  readonly header: number
  readonly key: MessageKey | undefined
  settled = false
  #ended: boolean | undefined
  #onWritten: ((written: boolean) => void) | undefined

  constructor(gate: AckGate, id: number, header: number, key: MessageKey | undefined) {
    this.#gate = gate
    this.id = id
    this.header = header
    this.key = key
  }

  settle(): boolean {
    if (this.#ended !== undefined && this.settled) return this.#ended
    this.settled = true
    return this.#gate.release(this)
  }

  drop(): void {
    this.#gate.drop(this)
  }

  written(onWritten: (written: boolean) => void): void {
    if (this.#ended === undefined) this.#onWritten = onWritten
    else onWritten(this.#ended)
  }

  /** Records the end of the wait. Called by the gate only. @param written false if the connection ended first */
  end(written: boolean): void {
    this.#ended = written
    const onWritten = this.#onWritten
    this.#onWritten = undefined
    onWritten?.(written)
  }
}
