import { MalformedPacket } from './errors.js'
import { PacketProperties, PROPERTY } from './packet-properties.js'
import { PacketReader } from './packet-reader.js'

/** The fields of an accepting CONNACK (MQTT 5, section 3.2.2). In 3.1.1 all but the first have their defaults. */
export interface Connack {
  /** Whether the broker has kept the session of an earlier connection. */
  readonly sessionPresent: boolean
  /** How long the broker keeps the session in seconds, if it differs from our request. */
  readonly sessionExpiry: number | undefined
  readonly receiveMaximum: number
  readonly maximumQos: number
  readonly maximumPacketSize: number
  readonly retainAvailable: boolean
  readonly wildcardsAvailable: boolean
  readonly subscriptionIdsAvailable: boolean
  readonly sharedSubscriptionsAvailable: boolean
  /** The keep-alive that the broker demands in seconds, if it differs from ours. */
  readonly serverKeepAlive: number | undefined
}

/** The largest packet that MQTT can express: five bytes of fixed header and the maximum remaining length. */
const LARGEST_PACKET = 268_435_460

/** Parses an accepting CONNACK. @throws MalformedPacket */
export function readConnack(version: 4 | 5, bytes: Buffer, body: number, end: number): Connack {
  if (version === 4 && end - body !== 2) throw new MalformedPacket('a CONNACK of MQTT 3.1.1 that is too long')
  const reader = new PacketReader(bytes, body, end)
  const sessionPresent = (reader.byte() & 1) !== 0
  reader.byte()
  const properties = new PacketProperties(
    version === 5 && !reader.done ? reader.section() : undefined,
    'a CONNACK',
  )
  const flag = (property: number) => (properties.number(property) ?? 1) !== 0
  return {
    sessionPresent,
    sessionExpiry: properties.number(PROPERTY.sessionExpiry),
    receiveMaximum: properties.number(PROPERTY.receiveMaximum) || 65_535,
    maximumQos: properties.number(PROPERTY.maximumQos) ?? 2,
    maximumPacketSize: properties.number(PROPERTY.maximumPacketSize) ?? LARGEST_PACKET,
    retainAvailable: flag(PROPERTY.retainAvailable),
    wildcardsAvailable: flag(PROPERTY.wildcardsAvailable),
    subscriptionIdsAvailable: version === 5 && flag(PROPERTY.subscriptionIdsAvailable),
    sharedSubscriptionsAvailable: flag(PROPERTY.sharedSubscriptionsAvailable),
    serverKeepAlive: properties.number(PROPERTY.serverKeepAlive),
  }
}

/** Parses the reason string in the properties at `from`, of CONNACK, DISCONNECT or an acknowledgement. */
export function readReasonString(bytes: Buffer, from: number, end: number): string | undefined {
  if (from >= end) return undefined
  try {
    const properties = new PacketProperties(new PacketReader(bytes, from, end).section(), 'a packet')
    const reason = properties.text(PROPERTY.reasonString)
    const reference = properties.text(PROPERTY.serverReference)
    if (reference === undefined) return reason
    return [reason, `use ${reference}`].filter(Boolean).join('; ')
  } catch {
    // Ignore malformed properties: the reason code suffices, and the packet ends the connection or operation anyway.
    return undefined
  }
}
