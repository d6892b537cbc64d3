import { bareRecord } from '../../../core/bare-record.js'
import type { Headers } from '../../../core/value.js'
import { MalformedPacket, REASON } from './errors.js'
import { textFault } from './text.js'

/** The properties of a received PUBLISH that the client uses (MQTT 5, section 3.3.2.3). */
export interface PublishProperties {
  readonly subscriptionIds: readonly number[]
  readonly headers: Headers | undefined
  readonly responseTopic: string | undefined
  readonly correlationData: Uint8Array | undefined
  readonly contentType?: string
  /** The remaining lifetime in seconds when the broker sent the message. */
  readonly expirySeconds?: number
  /** 1 if the payload is UTF-8 text. */
  readonly payloadFormat?: number
}

export const EMPTY_PROPERTIES: PublishProperties = {
  subscriptionIds: [],
  headers: undefined,
  responseTopic: undefined,
  correlationData: undefined,
}

const PAYLOAD_FORMAT = 0x01
const MESSAGE_EXPIRY = 0x02
const CONTENT_TYPE = 0x03
const RESPONSE_TOPIC = 0x08
const CORRELATION_DATA = 0x09
const SUBSCRIPTION_ID = 0x0b
const TOPIC_ALIAS = 0x23
const USER_PROPERTY = 0x26

/**
 * Parses the properties of a PUBLISH. The last of several user properties with the same name wins.
 * @returns the properties, and the offset of the payload
 * @throws MalformedPacket for a property that a PUBLISH cannot have, or that exceeds the packet
 */
export function readProperties(
  bytes: Buffer,
  from: number,
  packetEnd: number,
): { properties: PublishProperties; next: number } {
  let at = from
  let end = packetEnd
  const found: { -readonly [K in keyof PublishProperties]: PublishProperties[K] } = {
    ...EMPTY_PROPERTIES,
    subscriptionIds: [],
  }
  let headers: Record<string, string> | undefined

  const take = (count: number): number => {
    if (at + count > end) throw new MalformedPacket('a property that is longer than the packet')
    at += count
    return at - count
  }
  const uint16 = () => {
    const start = take(2)
    return (bytes[start]! << 8) | bytes[start + 1]!
  }
  const varint = () => {
    let value = 0
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = bytes[take(1)]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new MalformedPacket('a variable byte integer of more than four bytes')
  }
  const text = () => {
    const length = uint16()
    const start = take(length)
    return bytes.toString('utf8', start, start + length)
  }

  const length = varint()
  if (at + length > packetEnd) throw new MalformedPacket('properties that are longer than the packet')
  end = at + length
  while (at < end) {
    const property = bytes[take(1)]!
    if (property === SUBSCRIPTION_ID) (found.subscriptionIds as number[]).push(varint())
    else if (property === USER_PROPERTY) {
      headers ??= bareRecord()
      const name = text()
      headers[name] = text()
    } else if (property === RESPONSE_TOPIC) found.responseTopic = text()
    else if (property === CORRELATION_DATA) {
      const size = uint16()
      const start = take(size)
      found.correlationData = Buffer.from(bytes.subarray(start, start + size))
    } else if (property === CONTENT_TYPE) found.contentType = text()
    else if (property === MESSAGE_EXPIRY) found.expirySeconds = bytes.readUInt32BE(take(4))
    else if (property === PAYLOAD_FORMAT) found.payloadFormat = bytes[take(1)]!
    else if (property === TOPIC_ALIAS)
      throw new MalformedPacket(
        'a PUBLISH with a topic alias, which we did not allow',
        REASON.topicAliasInvalid,
      )
    else throw new MalformedPacket(`a PUBLISH with property 0x${property.toString(16)}`)
  }
  found.headers = headers
  return { properties: found, next: end }
}

/** The properties of a PUBLISH to send. */
export interface OutgoingProperties {
  readonly headers?: Headers | undefined
  readonly expirySeconds?: number | undefined
  readonly responseTopic?: string | undefined
  readonly correlationData?: Uint8Array | undefined
  readonly contentType?: string | undefined
  readonly payloadFormat?: number | undefined
}

/** Encodes properties without their length. @throws RangeError with the header that MQTT cannot carry */
export function writeProperties(properties: OutgoingProperties): Buffer {
  const parts: Buffer[] = []
  const data = (value: Uint8Array) => {
    const length = Buffer.allocUnsafe(2)
    length.writeUInt16BE(value.length)
    parts.push(length, value as Buffer)
  }
  const text = (value: string, what: string) => {
    const fault = textFault(value)
    if (fault !== undefined) throw new RangeError(`${what} is invalid: ${fault}`)
    data(Buffer.from(value))
  }
  if (properties.payloadFormat !== undefined) parts.push(Buffer.of(PAYLOAD_FORMAT, properties.payloadFormat))
  if (properties.expirySeconds !== undefined) {
    const expiry = Buffer.allocUnsafe(5)
    expiry[0] = MESSAGE_EXPIRY
    expiry.writeUInt32BE(Math.min(properties.expirySeconds, 0xffff_ffff), 1)
    parts.push(expiry)
  }
  if (properties.contentType !== undefined) {
    parts.push(Buffer.of(CONTENT_TYPE))
    text(properties.contentType, 'the content type')
  }
  if (properties.responseTopic !== undefined) {
    parts.push(Buffer.of(RESPONSE_TOPIC))
    text(properties.responseTopic, 'the response topic')
  }
  if (properties.correlationData !== undefined) {
    if (properties.correlationData.length > 65_535)
      throw new RangeError('the correlation data is longer than 65,535 bytes')
    parts.push(Buffer.of(CORRELATION_DATA))
    data(properties.correlationData)
  }
  for (const [name, value] of Object.entries(properties.headers ?? {})) {
    parts.push(Buffer.of(USER_PROPERTY))
    text(name, `the name of header ${JSON.stringify(name.slice(0, 40))}`)
    text(value, `header ${JSON.stringify(name)}`)
  }
  return Buffer.concat(parts)
}
