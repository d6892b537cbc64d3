import { notSent } from './errors.js'
import { prefixed } from './packet-writer.js'
import { type OutgoingProperties, writeProperties } from './properties.js'
import type { Session } from './session.js'
import { TopicCache } from './topic-cache.js'

/** The options of a publish. */
export interface Publication extends OutgoingProperties {
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  /** `clock.monotonic()` milliseconds. */
  readonly deadline: number
  /** See `Outgoing`; for QoS 1. */
  readonly once?: boolean | undefined
  /** See `Outgoing`. */
  readonly operationId?: string | undefined
}

const NO_PROPERTIES = Uint8Array.of(0)

/**
 * Publishes over one session. It checks for everything over which a broker would close the connection, and throws a
 * RangeError before sending.
 */
export class Publisher {
  readonly #session: Session
  readonly #topics = new TopicCache()
  readonly #properties: Uint8Array | undefined
  readonly #largest: number
  readonly #retains: boolean

  constructor(session: Session) {
    this.#session = session
    this.#properties = session.version === 5 ? NO_PROPERTIES : undefined
    this.#largest = session.connack.maximumPacketSize
    this.#retains = session.connack.retainAvailable
  }

  /**
   * Writes a message of QoS 0 without properties.
   * @returns undefined if the socket has room, or a promise for when it has room again
   * @throws RangeError with the fault of the message
   */
  write(topic: string, payload: Uint8Array, retain: boolean): Promise<void> | undefined {
    const encoded = this.#topics.encode(topic)
    if (encoded.length + payload.length + 6 > this.#largest) throw this.#tooLarge()
    if (retain && !this.#retains) throw new RangeError(NO_RETAIN)
    const { outbound } = this.#session
    outbound.publish(retain ? 1 : 0, encoded, 0, this.#properties, payload)
    return outbound.congestion()
  }

  /**
   * Publishes a message.
   * @returns the broker's reason code; 0 for QoS 0
   * @throws RangeError (not sent), Refused, Expired, ConnectionEnded
   */
  async send(topic: string, payload: Uint8Array, publication: Publication): Promise<number> {
    const { outgoing, outbound, closed } = this.#session
    if (closed !== undefined) throw notSent(closed)
    const { qos, retain, deadline, once, operationId } = publication
    const encoded = this.#topics.encode(topic)
    const properties = this.#encodeProperties(publication)
    this.#check(encoded.length + (properties?.length ?? 0) + payload.length + 7, publication)
    if (qos > 0)
      return outgoing.send({
        qos: qos as 1 | 2,
        retain,
        topic: encoded,
        properties,
        payload,
        deadline,
        once,
        operationId,
      })
    outbound.publish(retain ? 1 : 0, encoded, 0, properties, payload)
    await outbound.congestion()
    return 0
  }

  #encodeProperties(properties: OutgoingProperties): Uint8Array | undefined {
    const wanted = writeProperties(properties)
    if (this.#properties === undefined) {
      if (wanted.length > 0)
        throw new RangeError('headers and expiry require MQTT 5, but the connection uses MQTT 3.1.1')
      return undefined
    }
    if (wanted.length === 0) return this.#properties
    return prefixed(wanted)
  }

  #check(size: number, { qos, retain }: Publication): void {
    const { maximumQos, retainAvailable } = this.#session.connack
    if (size > this.#largest) throw this.#tooLarge()
    if (qos !== 0 && qos !== 1 && qos !== 2) throw new RangeError(`expected a QoS of 0, 1 or 2, found ${qos}`)
    if (qos > maximumQos)
      throw new RangeError(`the broker supports at most QoS ${maximumQos}, found QoS ${qos}`)
    if (retain && !retainAvailable) throw new RangeError(NO_RETAIN)
  }

  #tooLarge(): RangeError {
    return new RangeError(
      `the message is larger than the broker's maximum packet size (${this.#largest} bytes)`,
    )
  }
}

const NO_RETAIN = 'the broker does not retain messages'
