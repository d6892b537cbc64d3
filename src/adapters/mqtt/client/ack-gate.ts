import { PUBACK, PUBREC, writeAck } from './acks.js'
import { MalformedPacket } from './framer.js'
import type { Outbound } from './outbound.js'

/** The acknowledgement that is due for one received message. */
export interface Hold {
  /**
   * Lets it go. It leaves as soon as those of all messages received before have gone. Later calls do nothing.
   * @returns false when the connection has ended: the broker will deliver the message again.
   */
  settle(): boolean
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
  readonly #received: Set<number>
  #waiting: Waiting[] = []
  #first = 0
  #closed = false

  /**
   * @param received is given the identifiers of QoS 2 messages when their PUBREC is sent; from then on until
   * PUBREL a message under that identifier is the same one.
   */
  constructor(outbound: Outbound, received: Set<number>) {
    this.#outbound = outbound
    this.#received = received
  }

  /** @throws MalformedPacket when there are more unacknowledged messages than identifiers. */
  hold(id: number, qos: 1 | 2): Hold {
    if (this.#waiting.length - this.#first >= IDENTIFIERS)
      throw new MalformedPacket(`more than ${IDENTIFIERS} unacknowledged messages`)
    const waiting = new Waiting(this, id, qos === 1 ? PUBACK : PUBREC)
    this.#waiting.push(waiting)
    return waiting
  }

  /** Drops what is held. */
  close(): void {
    this.#closed = true
    this.#waiting = []
    this.#first = 0
  }

  /** For `Hold.settle` alone. */
  release(): boolean {
    if (this.#closed) return false
    let next = this.#waiting[this.#first]
    while (next?.settled) {
      if (next.header === PUBREC) this.#received.add(next.id)
      writeAck(this.#outbound, next.header, next.id)
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

  constructor(gate: AckGate, id: number, header: number) {
    this.#gate = gate
    this.id = id
    this.header = header
  }

  settle(): boolean {
    this.settled = true
    return this.#gate.release()
  }
}
