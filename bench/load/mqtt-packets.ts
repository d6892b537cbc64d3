import { benchMessage, TOPICS } from '../message.js'

/** CONNECT of MQTT 3.1.1 with a clean session and without keep-alive. */
export function connectPacket(clientId: string): Buffer {
  const body = Buffer.concat([text('MQTT'), Buffer.from([4, 0x02, 0, 0]), text(clientId)])
  return Buffer.concat([Buffer.from([0x10, ...remainingLength(body.length)]), body])
}

/** PUBLISH with QoS 0; in MQTT 5 without properties. */
export function publishPacket(topic: string, payload: Uint8Array, version: 4 | 5 = 4): Buffer {
  const properties = Buffer.alloc(version === 5 ? 1 : 0)
  const body = Buffer.concat([text(topic), properties, payload])
  return Buffer.concat([Buffer.from([0x30, ...remainingLength(body.length)]), body])
}

/** `count` different benchmark messages, each as a PUBLISH packet. */
export function publishPackets(count: number, version: 4 | 5 = 4): readonly Buffer[] {
  return Array.from({ length: count }, (_, i) =>
    publishPacket(TOPICS[i % TOPICS.length]!, Buffer.from(JSON.stringify(benchMessage(i))), version),
  )
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])
}

/** The variable byte integer of MQTT. */
function remainingLength(length: number): number[] {
  const bytes: number[] = []
  do {
    const rest = length >> 7
    bytes.push((length & 0x7f) | (rest > 0 ? 0x80 : 0))
    length = rest
  } while (length > 0)
  return bytes
}
