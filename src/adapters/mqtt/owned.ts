import type { PublishPacket } from './client/publish-decoder.js'

/** The packet with a payload that does not keep alive the large chunk of the socket it came in. */
export function owned(packet: PublishPacket): PublishPacket {
  const { payload } = packet
  const shared = payload.buffer.byteLength > 2 * payload.length
  return shared ? { ...packet, payload: new Uint8Array(payload) } : packet
}
