import { AckGate, type Hold } from './ack-gate.js'
import { type Ack, PUBCOMP, readAck, writeAck } from './acks.js'
import { type Connack, readConnack, readReasonString } from './connack.js'
import type { SessionSettings } from './connect.js'
import { ConnectionEnded, MalformedPacket, REASON } from './errors.js'
import { Framer } from './framer.js'
import type { Outbound } from './outbound.js'
import { type OversizePacket, oversizePacket, type PublishPacket, publishDecoder } from './publish-decoder.js'
import { describeReason } from './reason-codes.js'
import type { ReceivedIds } from './received-ids.js'
import { messageKey, type RecentMessages } from './recent-messages.js'

/** Receives the packets of a connection. */
export interface InboundHandler {
  /** The broker accepted the connection. */
  onAccepted(connack: Connack): void
  /** The broker refused the connection with a reason code of CONNACK. */
  onRefused(reason: number, reasonString: string | undefined): void
  onPublish(packet: PublishPacket, hold: Hold | undefined): void
  /** Receives a PUBLISH larger than the limit, whose payload was skipped. */
  onOversize(packet: OversizePacket, hold: Hold | undefined): void
  /** Receives PUBACK or PUBCOMP. */
  onCompleted(ack: Ack): void
  /** Receives PUBREC. */
  onReceived(ack: Ack): void
  onPong(): void
  /** Receives SUBACK or UNSUBACK, with the variable header at `body`. @throws MalformedPacket */
  onSubscription(bytes: Buffer, body: number, end: number): void
  /**
   * The connection cannot continue. @param reasonCode the reason to send to the broker; absent if the broker ended it
   */
  onFailure(error: ConnectionEnded, reasonCode?: number): void
}

/** Packet type numbers (MQTT 5, section 2.1.2). */
const TYPE = {
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  suback: 9,
  unsuback: 11,
  pingresp: 13,
  disconnect: 14,
} as const

/** The content type of a TLS alert (RFC 8446, section 5.1). The major version follows. */
const TLS_ALERT = 21

/** The read side of a connection: splits the stream into packets and parses them. */
export class Inbound {
  readonly #where: string
  readonly #version: 4 | 5
  readonly #mask: (text: string) => string
  readonly #outbound: Outbound
  readonly #handler: InboundHandler
  readonly #received: ReceivedIds
  readonly #recent: RecentMessages | undefined
  readonly #gate: AckGate
  readonly #framer: Framer
  readonly #decodePublish: ReturnType<typeof publishDecoder>
  #begun = false
  #state: 'handshake' | 'open' | 'closed' = 'handshake'
  #arrived = 0

  constructor(
    where: string,
    settings: Pick<SessionSettings, 'version' | 'maxFrame' | 'mask'>,
    outbound: Outbound,
    received: ReceivedIds,
    handler: InboundHandler,
  ) {
    this.#where = where
    this.#version = settings.version
    this.#mask = settings.mask ?? ((text) => text)
    this.#outbound = outbound
    this.#handler = handler
    this.#received = received
    this.#recent = received.recent
    this.#gate = new AckGate(outbound, received)
    this.#decodePublish = publishDecoder(settings.version)
    this.#framer = new Framer(
      settings.maxFrame,
      (bytes, start, body, end) => this.#onFrame(bytes, start, body, end),
      (head, body, size) => this.#onOversize(head, body, size),
    )
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** How many messages have arrived. */
  get arrived(): number {
    return this.#arrived
  }

  /** How many received messages are not acknowledged. */
  get unacknowledged(): number {
    return this.#gate.size
  }

  /** Parses data from the socket. */
  feed(chunk: Buffer): void {
    if (this.#state === 'closed') return
    try {
      this.#checkFirst(chunk)
      this.#framer.feed(chunk)
    } catch (error) {
      if (!(error instanceof MalformedPacket)) throw error
      const failure = new ConnectionEnded(`${this.#where} sent ${error.message}`, { cause: error })
      this.#handler.onFailure(failure, error.reasonCode)
    }
  }

  /** Stops calling the handler, and drops held acknowledgements. */
  close(): void {
    this.#state = 'closed'
    this.#gate.close()
  }

  #onFrame(bytes: Buffer, start: number, body: number, end: number): void {
    if (this.#state === 'closed') return
    const type = bytes[start]! >> 4
    const handler = this.#handler
    if (this.#state === 'handshake') this.#handshake(type, bytes, body, end)
    else if (type === TYPE.publish) this.#onPublish(this.#decodePublish(bytes, start, body, end))
    else if (type === TYPE.puback || type === TYPE.pubcomp) handler.onCompleted(this.#ack(bytes, body, end))
    else if (type === TYPE.pubrec) handler.onReceived(this.#ack(bytes, body, end))
    else if (type === TYPE.pubrel) this.#onReleased(readAck(bytes, body, end))
    else if (type === TYPE.disconnect) this.#onDisconnect(bytes, body, end)
    else if (type === TYPE.suback || type === TYPE.unsuback) handler.onSubscription(bytes, body, end)
    else if (type === TYPE.pingresp) handler.onPong()
    else throw new MalformedPacket(`an unexpected packet of type ${type}`, REASON.protocolError)
  }

  /** Checks the first byte, so that another protocol is recognised before a length is trusted. */
  #checkFirst(chunk: Buffer): void {
    if (this.#begun || chunk.length === 0) return
    this.#begun = true
    if (chunk[0] === TLS_ALERT && (chunk[1] ?? 3) === 3)
      throw new MalformedPacket('a TLS alert instead of CONNACK: does this port require TLS (mqtts://)?')
    if (chunk[0]! >> 4 !== TYPE.connack) throw new MalformedPacket(notConnack(chunk[0]! >> 4))
  }

  #handshake(type: number, bytes: Buffer, body: number, end: number): void {
    if (type !== TYPE.connack || end - body < 2) throw new MalformedPacket(notConnack(type))
    const reason = bytes[body + 1]!
    if (reason !== 0) {
      const reasonString = this.#version === 5 ? this.#reason(bytes, body + 2, end) : undefined
      this.#handler.onRefused(reason, reasonString)
      return
    }
    const connack = readConnack(this.#version, bytes, body, end)
    this.#state = 'open'
    this.#handler.onAccepted(connack)
  }

  #onPublish(packet: PublishPacket): void {
    this.#arrived++
    if (packet.qos === 0) {
      this.#handler.onPublish(packet, undefined)
      return
    }
    if (packet.qos === 1 && this.#recent !== undefined) return this.#onPublishOnce(packet, this.#recent)
    const hold = this.#gate.hold(packet.id, packet.qos)
    if (packet.qos === 1 || this.#received.receive(packet.id, hold)) this.#handler.onPublish(packet, hold)
  }

  /** Delivers a message of QoS 1 unless it is the redelivery of one that was taken. */
  #onPublishOnce(packet: PublishPacket, recent: RecentMessages): void {
    const key = messageKey(packet)
    const hold = this.#gate.hold(packet.id, 1, key)
    if (packet.dup && recent.has(key)) hold.settle()
    else this.#handler.onPublish(packet, hold)
  }

  #onOversize(head: Buffer, body: number, size: number): void {
    if (this.#state === 'closed') return
    if (this.#state === 'handshake') throw new MalformedPacket(notConnack(TYPE.publish))
    const packet = oversizePacket(head, body, size)
    const hold = packet.qos === 0 ? undefined : this.#gate.hold(packet.id, packet.qos)
    if (hold === undefined || packet.qos !== 2 || this.#received.receive(packet.id, hold))
      this.#handler.onOversize(packet, hold)
  }

  #reason(bytes: Buffer, at: number, end: number): string | undefined {
    const text = readReasonString(bytes, at, end)
    return text === undefined ? undefined : this.#mask(text)
  }

  #ack(bytes: Buffer, body: number, end: number): Ack {
    const ack = readAck(bytes, body, end)
    const { reasonString } = ack
    return reasonString === undefined ? ack : { ...ack, reasonString: this.#mask(reasonString) }
  }

  #onReleased({ id }: Ack): void {
    this.#received.release(id)
    writeAck(this.#outbound, PUBCOMP, id)
  }

  #onDisconnect(bytes: Buffer, body: number, end: number): void {
    const reason = end > body ? bytes[body]! : 0
    const text = describeReason(reason, this.#reason(bytes, body + 1, end))
    const hint =
      reason === REASON.sessionTakenOver ? '; another client has connected with the same client id' : ''
    this.#handler.onFailure(new ConnectionEnded(`${this.#where} ended the connection: ${text}${hint}`))
  }
}

function notConnack(type: number): string {
  return `a packet of type ${type} instead of CONNACK`
}
