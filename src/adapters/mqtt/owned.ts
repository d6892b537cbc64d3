import type { PublishPacket } from './client/publish-decoder.js'

/**
 * Copies the payload if it is a small part of its buffer, so that keeping the packet does not keep the whole socket
 * chunk. Small payloads share buffers of 8 KB with those that arrive next to them, because a buffer for each costs more
 * than the copy, and packets are kept and released in the order of their arrival.
 */
export function owned(packet: PublishPacket): PublishPacket {
  const { payload } = packet
  const shared = payload.buffer.byteLength > 2 * payload.length
  return shared ? { ...packet, payload: Buffer.from(payload) } : packet
}
