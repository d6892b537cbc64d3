import type { Hold } from './ack-gate.js'
import type { OversizePacket, PublishPacket } from './publish-decoder.js'

/** Where a session reports to. */
export interface SessionOwner {
  /** @param hold its acknowledgement, absent for QoS 0 */
  onPublish(packet: PublishPacket, hold: Hold | undefined): void
  /** A message larger than we take was skipped. It must be settled like any other. */
  onOversize(packet: OversizePacket, hold: Hold | undefined): void
  /** The connection ended by itself, after it had been established. Called once at most. */
  onLost(error: Error): void
}
