import type { InboundMessage } from '../../core/adapter/inbound.js'
import type { Headers } from '../../core/value.js'
import type { PublishPacket } from './client/publish-decoder.js'

/** The header for Message Expiry Interval: the remaining lifetime of the message in seconds. */
const EXPIRY_HEADER = 'mqtt-message-expiry'
/** The header for Payload Format Indicator: `utf-8` if the publisher marked the payload as text. */
const FORMAT_HEADER = 'mqtt-payload-format'

/** Returns the headers and the content type of a message. Expiry and payload format become headers. */
export function messageParts({
  properties,
}: Pick<PublishPacket, 'properties'>): Pick<InboundMessage, 'headers' | 'contentType'> {
  const { headers, contentType, expirySeconds, payloadFormat } = properties
  const all: Headers | undefined =
    expirySeconds === undefined && payloadFormat !== 1
      ? headers
      : {
          ...headers,
          ...(expirySeconds !== undefined && { [EXPIRY_HEADER]: `${expirySeconds}` }),
          ...(payloadFormat === 1 && { [FORMAT_HEADER]: 'utf-8' }),
        }
  return {
    ...(all !== undefined && { headers: all }),
    ...(contentType !== undefined && { contentType }),
  }
}

/** Converts a request. Its expiry is for the broker only: it is the deadline of the caller. */
export function toRequestMessage(packet: PublishPacket): InboundMessage {
  const { topic, payload, retain } = packet
  const { expirySeconds: _, ...properties } = packet.properties
  return { topic, payload, retain, ...messageParts({ properties }) }
}

/** Converts a received packet for a subscriber. @param taken see `InboundMessage` */
export function toMessage(packet: PublishPacket, taken: (() => void) | undefined): InboundMessage {
  const { topic, payload, retain } = packet
  const { headers, contentType, expirySeconds, payloadFormat } = packet.properties
  const plain =
    headers === undefined &&
    contentType === undefined &&
    expirySeconds === undefined &&
    payloadFormat === undefined
  if (!plain) return { topic, payload, retain, ...messageParts(packet), ...(taken && { taken }) }
  return taken === undefined ? { topic, payload, retain } : { topic, payload, retain, taken }
}
