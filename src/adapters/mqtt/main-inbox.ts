import type { Random } from '../../core/random.js'
import type { Hold } from './client/ack-gate.js'
import type { PublishPacket } from './client/publish-decoder.js'
import type { Replies } from './replies.js'
import type { Receiver } from './session-group.js'
import { SharedProbe } from './shared-probe.js'

/** Receives the messages of the main session: answers to calls, and probes for shared subscriptions. */
export class MainInbox implements Receiver {
  readonly replies: Replies
  readonly probe: SharedProbe

  constructor(replies: Replies, random: Random) {
    this.replies = replies
    this.probe = new SharedProbe(random)
  }

  onPublish(packet: PublishPacket, hold: Hold | undefined): void {
    if (!this.probe.accept(packet, hold)) this.replies.onPublish(packet, hold)
  }

  /**
   * Acknowledges an answer that is too large. Its call is unknown, because the correlation data were skipped; the call
   * times out.
   */
  onOversize(_packet: unknown, hold: Hold | undefined): void {
    hold?.settle()
  }

  close(error: Error): void {
    this.probe.close()
    this.replies.close(error)
  }
}
