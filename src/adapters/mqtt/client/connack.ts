import { MalformedPacket } from './framer.js'
import { PacketReader } from './packet-reader.js'

/** What a broker that accepts a connection says about itself (MQTT 5, section 3.2.2); in 3.1.1 all is default. */
export interface Connack {
  /** Whether it had kept the session of an earlier connection. */
  readonly sessionPresent: boolean
  readonly receiveMaximum: number
  readonly maximumQos: number
  readonly maximumPacketSize: number
  readonly retainAvailable: boolean
  readonly subscriptionIdsAvailable: boolean
  readonly sharedSubscriptionsAvailable: boolean
  /** Seconds, if it wants another keep-alive than ours. */
  readonly serverKeepAlive: number | undefined
}

type Field = 'byte' | 'uint16' | 'uint32' | 'data' | 'pair'

const RECEIVE_MAXIMUM = 0x21
const MAXIMUM_QOS = 0x24
const RETAIN_AVAILABLE = 0x25
const MAXIMUM_PACKET_SIZE = 0x27
const SUBSCRIPTION_IDS = 0x29
const SHARED_SUBSCRIPTIONS = 0x2a
const SERVER_KEEP_ALIVE = 0x13

/** The properties that CONNACK may have; those without a name here are read over. */
const FIELDS: ReadonlyMap<number, Field> = new Map<number, Field>([
  [0x11, 'uint32'],
  [0x12, 'data'],
  [SERVER_KEEP_ALIVE, 'uint16'],
  [0x15, 'data'],
  [0x16, 'data'],
  [0x1a, 'data'],
  [0x1c, 'data'],
  [0x1f, 'data'],
  [RECEIVE_MAXIMUM, 'uint16'],
  [0x22, 'uint16'],
  [MAXIMUM_QOS, 'byte'],
  [RETAIN_AVAILABLE, 'byte'],
  [0x26, 'pair'],
  [MAXIMUM_PACKET_SIZE, 'uint32'],
  [0x28, 'byte'],
  [SUBSCRIPTION_IDS, 'byte'],
  [SHARED_SUBSCRIPTIONS, 'byte'],
])

/** Reads a CONNACK that accepts. @throws MalformedPacket */
export function readConnack(version: 4 | 5, bytes: Buffer, body: number, end: number): Connack {
  if (version === 4 && end - body !== 2) throw new MalformedPacket('a CONNACK of MQTT 3.1.1 that is too long')
  const reader = new PacketReader(bytes, body, end)
  const sessionPresent = (reader.byte() & 1) !== 0
  reader.byte()
  const found = version === 5 && !reader.done ? readNumbers(reader.section()) : new Map<number, number>()
  const number = (property: number, absent: number) => found.get(property) ?? absent
  return {
    sessionPresent,
    receiveMaximum: number(RECEIVE_MAXIMUM, 65_535) || 65_535,
    maximumQos: number(MAXIMUM_QOS, 2),
    maximumPacketSize: number(MAXIMUM_PACKET_SIZE, Number.POSITIVE_INFINITY),
    retainAvailable: number(RETAIN_AVAILABLE, 1) !== 0,
    subscriptionIdsAvailable: version === 5 && number(SUBSCRIPTION_IDS, 1) !== 0,
    sharedSubscriptionsAvailable: number(SHARED_SUBSCRIPTIONS, 1) !== 0,
    serverKeepAlive: found.get(SERVER_KEEP_ALIVE),
  }
}

function readNumbers(reader: PacketReader): Map<number, number> {
  const found = new Map<number, number>()
  while (!reader.done) {
    const property = reader.varint()
    const field = FIELDS.get(property)
    if (field === undefined) throw new MalformedPacket(`a CONNACK with property 0x${property.toString(16)}`)
    if (field === 'data' || field === 'pair') {
      reader.skipData()
      if (field === 'pair') reader.skipData()
    } else found.set(property, reader[field]())
  }
  return found
}
