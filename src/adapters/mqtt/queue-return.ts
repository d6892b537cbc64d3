import type { Hold } from './client/ack-gate.js'
import { REASON } from './client/errors.js'
import type { PublishPacket } from './client/publish-decoder.js'
import { DELIVERIES } from './queue-delivery.js'
import type { QueuedMessage } from './queue-inbox.js'

/** Messages that are put back into the queue at a time. */
const BATCH = 64
/** So many that all came back to us mean that nobody else consumes the queue. */
const ALONE_AFTER = 8

/** Where messages come from, and how they are put back into the queue. */
export interface ReturnPath {
  take(count: number): readonly QueuedMessage[]
  putBack(messages: readonly QueuedMessage[]): void
  /** Publishes to the queue; resolves with the broker's reason code. */
  publish(packet: PublishPacket, headers: Record<string, string>): Promise<number>
  /** Whether it is still wanted. */
  isWanted(): boolean
  /** Resolves when what the broker has sent us so far is here. */
  barrier(): Promise<void>
}

/**
 * Gives messages back to the other members of the group. MQTT has no negative acknowledgement, and a broker may drop
 * what is unacknowledged when a session ends (Mosquitto does): so each message is published to its queue once more and
 * then acknowledged. While we are a member ourselves the broker always has somebody to give it to; if it gives us all
 * of them, nobody else is there.
 */
export class QueueReturn {
  readonly #path: ReturnPath
  /** Payloads of the messages that were published and may come back. */
  #published: PublishPacket[] = []
  #cameBack = 0

  constructor(path: ReturnPath) {
    this.#path = path
  }

  /** A message has come: counts it if it is one that was put back. */
  onMessage(packet: PublishPacket): void {
    const at = this.#published.findIndex(({ payload }) => Buffer.compare(payload, packet.payload) === 0)
    if (at < 0) return
    this.#published.splice(at, 1)
    this.#cameBack++
  }

  /**
   * Gives back what waits, while we are still a member.
   * @returns whether another member has taken something; undefined when nothing waited
   * @throws what `publish` throws; what was not published waits again
   */
  async offer(): Promise<boolean | undefined> {
    for (let alone = 0; alone < ALONE_AFTER && this.#path.isWanted(); ) {
      const batch = this.#path.take(BATCH)
      if (batch.length === 0) return alone > 0 ? false : undefined
      this.#published = []
      this.#cameBack = 0
      await this.#publish(batch, (packet) => this.#published.push(packet))
      await this.#path.barrier()
      if (this.#cameBack < batch.length) return true
      alone += batch.length
    }
    return this.#path.isWanted() ? false : undefined
  }

  /**
   * Gives back all that waits, when we are no member any more but another one is there.
   * @returns false when the broker says that nobody is there: what it did not take waits again
   * @throws as `offer`
   */
  async drain(): Promise<boolean> {
    while (this.#path.isWanted()) {
      const batch = this.#path.take(BATCH)
      if (batch.length === 0) return true
      if (!(await this.#publish(batch, () => {}))) return false
    }
    return true
  }

  /** @returns false when there was nobody to give some of them to: those wait again */
  async #publish(
    batch: readonly QueuedMessage[],
    onPublished: (packet: PublishPacket) => void,
  ): Promise<boolean> {
    const written: Promise<void>[] = []
    for (const [i, message] of batch.entries()) {
      const { packet, hold, deliveries } = message
      let reason: number
      try {
        onPublished(packet)
        reason = await this.#path.publish(packet, deliveries > 0 ? { [DELIVERIES]: `${deliveries}` } : {})
      } catch (error) {
        this.#path.putBack(batch.slice(i))
        throw error
      }
      if (reason === REASON.noMatchingSubscribers) {
        this.#path.putBack(batch.slice(i))
        return false
      }
      message.counts.delete(packet.id)
      if (hold !== undefined) written.push(settled(hold))
    }
    // Until its acknowledgements have left, the broker may have no room to send us what comes back.
    await Promise.all(written)
    return true
  }
}

function settled(hold: Hold): Promise<void> {
  return new Promise((resolve) => {
    hold.settle()
    hold.written(() => resolve())
  })
}
