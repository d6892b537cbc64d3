import type { PublishPacket } from './client/publish-decoder.js'

/**
 * Copies the payload if it is a small part of its buffer, so that keeping the packet does not keep the whole socket
 * chunk.
 */
export function owned(packet: PublishPacket): PublishPacket {
  const { payload } = packet
  const shared = payload.buffer.byteLength > 2 * payload.length
  return shared ? { ...packet, payload: new Uint8Array(payload) } : packet
}
