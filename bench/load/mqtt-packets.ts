import { benchMessage, TOPICS } from '../message.js'

/** CONNECT of MQTT 3.1.1 with a clean session and without keep-alive. */
export function connectPacket(clientId: string): Buffer {
  const body = Buffer.concat([text('MQTT'), Buffer.from([4, 0x02, 0, 0]), text(clientId)])
  return Buffer.concat([Buffer.from([0x10, ...remainingLength(body.length)]), body])
}

/** PUBLISH with QoS 0. */
export function publishPacket(topic: string, payload: Uint8Array): Buffer {
  const body = Buffer.concat([text(topic), payload])
  return Buffer.concat([Buffer.from([0x30, ...remainingLength(body.length)]), body])
}

/** `count` different benchmark messages, each as a PUBLISH packet. */
export function publishPackets(count: number): readonly Buffer[] {
  return Array.from({ length: count }, (_, i) =>
    publishPacket(TOPICS[i % TOPICS.length]!, Buffer.from(JSON.stringify(benchMessage(i)))),
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
