import { readReasonString } from './connack.js'
import { MalformedPacket } from './errors.js'
import type { Outbound } from './outbound.js'

/** The first bytes of acknowledgement packets (MQTT 5, sections 3.4 to 3.7). */
export const PUBACK = 0x40
export const PUBREC = 0x50
export const PUBREL = 0x62
export const PUBCOMP = 0x70

/** Writes an acknowledgement without a reason code, which means success in both versions. */
export function writeAck(outbound: Outbound, header: number, id: number): void {
  outbound.bytes(Uint8Array.of(header, 2, id >> 8, id & 0xff))
}

/** A received acknowledgement. `reason` is always 0 in MQTT 3.1.1. */
export interface Ack {
  readonly id: number
  readonly reason: number
  readonly reasonString: string | undefined
}

/** Parses an acknowledgement. @throws MalformedPacket */
export function readAck(bytes: Buffer, body: number, end: number): Ack {
  if (end - body < 2) throw new MalformedPacket('an acknowledgement without its packet identifier')
  const id = bytes.readUInt16BE(body)
  if (id === 0) throw new MalformedPacket('an acknowledgement with packet identifier 0')
  const reason = end - body > 2 ? bytes[body + 2]! : 0
  const reasonString = reason >= 0x80 ? readReasonString(bytes, body + 3, end) : undefined
  return { id, reason, reasonString }
}
