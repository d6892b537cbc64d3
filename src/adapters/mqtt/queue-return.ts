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
  /** Resolves when a message was settled or given back, or it is not wanted any more. */
  change(): Promise<void>
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
   * @returns whether another member has taken something; undefined when that is not known, because nothing waited or
   *   it is not wanted any more
   * @throws what `publish` throws; what was not published waits again
   */
  async offer(): Promise<boolean | undefined> {
    for (let alone = 0; alone < ALONE_AFTER; ) {
      const batch = this.#path.isWanted() ? this.#path.take(BATCH) : []
      if (batch.length === 0) return undefined
      this.#published = batch.map(({ packet }) => packet)
      this.#cameBack = 0
      const acknowledged = await this.#publish(batch)
      if (acknowledged === undefined) return false
      // Until its acknowledgements have left, the broker may have no room to send us what comes back. They may wait
      // for a message that a handler has, and gives back in its turn.
      const isSettled = await Promise.race([
        Promise.all(acknowledged).then(() => true),
        this.#path.change().then(() => false),
      ])
      if (!isSettled) continue
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
      if ((await this.#publish(batch)) === undefined) return false
    }
    return true
  }

  /**
   * @returns for each message, when it has been acknowledged to the broker; undefined when there was nobody to give
   *   some of them to: those wait again
   */
  async #publish(batch: readonly QueuedMessage[]): Promise<readonly Promise<void>[] | undefined> {
    const written: Promise<void>[] = []
    for (const [i, message] of batch.entries()) {
      const { packet, hold, deliveries } = message
      let reason: number
      try {
        reason = await this.#path.publish(packet, deliveries > 0 ? { [DELIVERIES]: `${deliveries}` } : {})
      } catch (error) {
        this.#path.putBack(batch.slice(i))
        throw error
      }
      if (reason === REASON.noMatchingSubscribers) {
        this.#path.putBack(batch.slice(i))
        return undefined
      }
      message.counts.delete(packet.id)
      if (hold !== undefined) written.push(settled(hold))
    }
    return written
  }
}

function settled(hold: Hold): Promise<void> {
  return new Promise((resolve) => {
    hold.settle()
    hold.written(() => resolve())
  })
}
