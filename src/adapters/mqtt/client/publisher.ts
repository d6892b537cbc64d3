import { ConnectionError, type IntegrationError } from '../../../core/errors.js'
import { Refused } from './outgoing.js'
import { prefixed } from './packet-writer.js'
import { type OutgoingProperties, writeProperties } from './properties.js'
import type { Session } from './session.js'
import { TopicCache } from './topic-cache.js'

/** What is published, beside topic and payload. */
export interface Publication extends OutgoingProperties {
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  /** Epoch milliseconds. */
  readonly deadline: number
}

/** "No matching subscribers": the broker took the message and has nobody to give it to. */
export const NO_SUBSCRIBERS = 0x10

const NO_PROPERTIES = Uint8Array.of(0)

/**
 * Publishes over one session. Errors are those of the caller's operation: `failure` makes them from a reason.
 */
export class Publisher {
  readonly #session: Session
  readonly #topics = new TopicCache()
  readonly #properties: Uint8Array | undefined
  readonly #largest: number

  constructor(session: Session) {
    this.#session = session
    this.#properties = session.version === 5 ? NO_PROPERTIES : undefined
    this.#largest = session.connack.maximumPacketSize
  }

  /**
   * Writes a message of QoS 0 without properties.
   * @returns nothing when the socket takes it, a promise when the sender should wait for room.
   * @throws RangeError saying what is wrong with the topic or the size
   */
  write(topic: string, payload: Uint8Array, retain: boolean): Promise<void> | undefined {
    const encoded = this.#topics.encode(topic)
    if (encoded.length + payload.length + 6 > this.#largest) throw this.#tooLarge()
    const { outbound } = this.#session
    outbound.publish(retain ? 1 : 0, encoded, 0, this.#properties, payload)
    return outbound.congestion()
  }

  /**
   * Publishes a message of any kind.
   * @returns the broker's reason code; 0 where there is none.
   * @throws what `failure` makes of a refusal; ConnectionError; TimeoutError
   */
  async send(
    topic: string,
    payload: Uint8Array,
    publication: Publication,
    failure: (reason: string, cause: unknown) => IntegrationError,
  ): Promise<number> {
    const { outgoing, outbound, closed } = this.#session
    if (closed !== undefined || outgoing === undefined) throw closed ?? new ConnectionError('not connected')
    const { qos, retain, deadline } = publication
    try {
      const encoded = this.#topics.encode(topic)
      const properties = this.#encodeProperties(publication)
      this.#check(encoded.length + (properties?.length ?? 0) + payload.length + 8, publication)
      if (qos > 0)
        return await outgoing.send({
          qos: qos as 1 | 2,
          retain,
          topic: encoded,
          properties,
          payload,
          deadline,
        })
      outbound.publish(retain ? 1 : 0, encoded, 0, properties, payload)
      await outbound.congestion()
      return 0
    } catch (error) {
      if (error instanceof RangeError || error instanceof Refused) throw failure(error.message, error)
      throw error
    }
  }

  #encodeProperties(properties: OutgoingProperties): Uint8Array | undefined {
    const wanted = writeProperties(properties)
    if (this.#properties === undefined) {
      if (wanted.length > 0)
        throw new RangeError('headers and expiry need MQTT 5, and the connection is MQTT 3.1.1')
      return undefined
    }
    if (wanted.length === 0) return this.#properties
    return prefixed(wanted)
  }

  #check(size: number, { qos, retain }: Publication): void {
    const { maximumQos, retainAvailable } = this.#session.connack
    if (size > this.#largest) throw this.#tooLarge()
    if (qos > maximumQos) throw new RangeError(`the broker does not take QoS ${qos}`)
    if (retain && !retainAvailable) throw new RangeError('the broker does not retain messages')
  }

  #tooLarge(): RangeError {
    return new RangeError(`the message is larger than the broker takes (${this.#largest} bytes)`)
  }
}
