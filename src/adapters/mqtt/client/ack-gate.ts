import { PUBACK, PUBREC, writeAck } from './acks.js'
import { MalformedPacket, REASON } from './errors.js'
import type { Outbound } from './outbound.js'
import type { ReceivedIds } from './received-ids.js'

/** The acknowledgement that is due for one received message. */
export interface Hold {
  /**
   * Lets it go. It leaves as soon as those of all messages received before have gone. Later calls do nothing.
   * @returns false when the connection has ended: the broker will deliver the message again.
   */
  settle(): boolean
  /** The connection has ended and nobody has the message: when it comes again it is delivered. */
  drop?(): void
  /** Calls `onWritten` once the acknowledgement has been written; false when the connection ended before. */
  written(onWritten: (written: boolean) => void): void
}

/**
 * The most messages that can be told apart. Receive Maximum is not enforced: mosquitto 2.0.11 answers one
 * acknowledgement with two messages while some are queued, and so exceeds it.
 */
const IDENTIFIERS = 65_535

/**
 * Holds back the acknowledgements of received messages until each message is settled, and sends them in the
 * order in which the messages came ([MQTT-4.6.0-2], [MQTT-4.6.0-3]). So a message that is not settled keeps
 * back the acknowledgements of all later ones: the broker goes on sending until Receive Maximum messages are
 * unacknowledged, then it waits. A connection's gate ends with it: packet identifiers are reused.
 */
export class AckGate {
  readonly #outbound: Outbound
  readonly #received: ReceivedIds
  #waiting: Waiting[] = []
  #first = 0
  #closed = false

  /** @param received learns of each QoS 2 message when it is settled. */
  constructor(outbound: Outbound, received: ReceivedIds) {
    this.#outbound = outbound
    this.#received = received
  }

  /** Messages whose acknowledgement has not left. */
  get size(): number {
    return this.#waiting.length - this.#first
  }

  /** @throws MalformedPacket when there are more unacknowledged messages than identifiers. */
  hold(id: number, qos: 1 | 2): Hold {
    if (this.size >= IDENTIFIERS)
      throw new MalformedPacket(`more than ${IDENTIFIERS} messages at a time`, REASON.receiveMaximumExceeded)
    const waiting = new Waiting(this, id, qos === 1 ? PUBACK : PUBREC)
    this.#waiting.push(waiting)
    return waiting
  }

  /** Drops what is held. */
  close(): void {
    this.#closed = true
    const dropped = this.#waiting.slice(this.#first)
    this.#waiting = []
    this.#first = 0
    for (const waiting of dropped) waiting.end(false)
  }

  /** For `Hold.drop` alone. */
  drop(dropped: Waiting): void {
    if (dropped.header === PUBREC) this.#received.drop(dropped.id, dropped)
  }

  /** For `Hold.settle` alone. */
  release(settled: Waiting): boolean {
    if (settled.header === PUBREC) this.#received.take(settled.id, settled)
    if (this.#closed) return false
    let next = this.#waiting[this.#first]
    while (next?.settled) {
      writeAck(this.#outbound, next.header, next.id)
      next.end(true)
      next = this.#waiting[++this.#first]
    }
    if (next === undefined || this.#first > 1_024) {
      this.#waiting.splice(0, this.#first)
      this.#first = 0
    }
    return true
  }
}

class Waiting implements Hold {
  readonly #gate: AckGate
  readonly id: number
  readonly header: number
  settled = false
  #ended: boolean | undefined
  #onWritten: ((written: boolean) => void) | undefined

  constructor(gate: AckGate, id: number, header: number) {
    this.#gate = gate
    this.id = id
    this.header = header
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

  /** For the gate alone: it has been written, or never will be. */
  end(written: boolean): void {
    this.#ended = written
    const onWritten = this.#onWritten
    this.#onWritten = undefined
    onWritten?.(written)
  }
}
