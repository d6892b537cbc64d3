import { MalformedPacket } from './errors.js'
import type { PacketReader } from './packet-reader.js'

type Field = 'byte' | 'uint16' | 'uint32' | 'text' | 'data' | 'pair'

/** The properties of acknowledgements, CONNACK and DISCONNECT that the client uses (MQTT 5, section 2.2.2). */
export const PROPERTY = {
  sessionExpiry: 0x11,
  serverKeepAlive: 0x13,
  serverReference: 0x1c,
  reasonString: 0x1f,
  receiveMaximum: 0x21,
  maximumQos: 0x24,
  retainAvailable: 0x25,
  maximumPacketSize: 0x27,
  wildcardsAvailable: 0x28,
  subscriptionIdsAvailable: 0x29,
  sharedSubscriptionsAvailable: 0x2a,
} as const

const FIELDS: ReadonlyMap<number, Field> = new Map<number, Field>([
  [PROPERTY.sessionExpiry, 'uint32'],
  [0x12, 'data'],
  [PROPERTY.serverKeepAlive, 'uint16'],
  [0x15, 'data'],
  [0x16, 'data'],
  [0x1a, 'data'],
  [PROPERTY.serverReference, 'text'],
  [PROPERTY.reasonString, 'text'],
  [PROPERTY.receiveMaximum, 'uint16'],
  [0x22, 'uint16'],
  [PROPERTY.maximumQos, 'byte'],
  [PROPERTY.retainAvailable, 'byte'],
  [0x26, 'pair'],
  [PROPERTY.maximumPacketSize, 'uint32'],
  [PROPERTY.wildcardsAvailable, 'byte'],
  [PROPERTY.subscriptionIdsAvailable, 'byte'],
  [PROPERTY.sharedSubscriptionsAvailable, 'byte'],
])

/** The parsed properties of a packet. */
export class PacketProperties {
  readonly #found = new Map<number, number | string>()

  /** Parses the properties of one packet and skips unused ones. @throws MalformedPacket */
  constructor(reader: PacketReader | undefined, packet: string) {
    while (reader !== undefined && !reader.done) {
      const property = reader.varint()
      const field = FIELDS.get(property)
      if (field === undefined) throw new MalformedPacket(`${packet} with property 0x${property.toString(16)}`)
      if (field === 'data' || field === 'pair') {
        reader.skipData()
        if (field === 'pair') reader.skipData()
      } else this.#found.set(property, reader[field]())
    }
  }

  number(property: number): number | undefined {
    return this.#found.get(property) as number | undefined
  }

  text(property: number): string | undefined {
    return this.#found.get(property) as string | undefined
  }
}
