import type { Random } from '../../core/random.js'
import type { Hold } from './client/ack-gate.js'
import type { PublishPacket } from './client/publish-decoder.js'
import type { Replies } from './replies.js'
import type { Receiver } from './session-group.js'
import { SharedProbe } from './shared-probe.js'

/** What the main connection receives: answers to calls, and what tries out whether there are shared subscriptions. */
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

  /** An answer that is too large: which call it is for was in the part that was skipped. */
  onOversize(_packet: unknown, hold: Hold | undefined): void {
    hold?.settle()
  }

  close(error: Error): void {
    this.probe.close()
    this.replies.close(error)
  }
}
