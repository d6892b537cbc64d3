import type { Hold } from './ack-gate.js'
import type { OversizePacket, PublishPacket } from './publish-decoder.js'

/** Receives the events of a session. */
export interface SessionOwner {
  /** @param hold its acknowledgement; absent for QoS 0 */
  onPublish(packet: PublishPacket, hold: Hold | undefined): void
  /** Receives a message larger than the limit, whose payload was skipped. It must be settled like any other. */
  onOversize(packet: OversizePacket, hold: Hold | undefined): void
  /** Called at most once, when an established connection is lost. */
  onLost(error: Error): void
}

/** Ignores all events, for a session that is opened only to be ended. */
export const NO_OWNER: SessionOwner = { onPublish() {}, onOversize() {}, onLost() {} }
