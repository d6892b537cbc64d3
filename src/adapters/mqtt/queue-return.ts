import type { Random } from '../../core/random.js'
import { REASON } from './client/errors.js'
import type { PublishPacket } from './client/publish-decoder.js'
import type { Publisher } from './client/publisher.js'
import { DELIVERIES, RETURNED } from './queue-delivery.js'
import type { QueuedMessage } from './queue-inbox.js'

/** Messages that are put back into the queue at a time. */
const BATCH = 256
/** So many that all came back to us mean that nobody else consumes the queue. */
const PROBES = 8

/** Where messages come from, and how they are put back into the queue. */
export interface ReturnPath {
  readonly version: 4 | 5
  readonly random: Random
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
 * then acknowledged. An acknowledgement may have to wait for an earlier message that a handler has; nothing here waits
 * for it.
 */
export class QueueReturn {
  readonly #path: ReturnPath
  /** Payloads of the messages that were published and may come back, where they cannot be marked. */
  #published: Uint8Array[] = []
  #mark = ''
  #cameBack = 0

  constructor(path: ReturnPath) {
    this.#path = path
  }

  /** A message has come: counts it if it is one that was put back. */
  onMessage({ payload, properties }: PublishPacket): void {
    if (this.#mark === '') return
    if (this.#path.version === 5) {
      if (properties.headers?.[RETURNED] === this.#mark) this.#cameBack++
      return
    }
    const at = this.#published.findIndex((published) => Buffer.compare(published, payload) === 0)
    if (at < 0) return
    this.#published.splice(at, 1)
    this.#cameBack++
  }

  /**
   * Finds out whether there are other members, by giving back some messages while we are a member: the broker always
   * has somebody to give them to, and if all of them come back to us nobody else is there.
   * @throws what `publish` throws; what was not published waits again
   */
  async findsOthers(): Promise<boolean> {
    const batch = this.#path.take(PROBES)
    this.#published = batch.map(({ packet }) => packet.payload)
    this.#mark = this.#path.random.uuid()
    this.#cameBack = 0
    try {
      if (!(await this.#publish(batch, { [RETURNED]: this.#mark }))) return false
      await this.#path.barrier()
      return this.#cameBack < batch.length
    } finally {
      this.#mark = ''
      this.#published = []
    }
  }

  /**
   * Gives back all that waits.
   * @returns false when the broker says that nobody is there: what it did not take waits again
   * @throws as `findsOthers`
   */
  async drain(): Promise<boolean> {
    while (this.#path.isWanted()) {
      const batch = this.#path.take(BATCH)
      if (batch.length === 0) return true
      if (!(await this.#publish(batch, {}))) return false
    }
    return true
  }

  /** Gives back these, which are the caller's. @returns and throws as `drain` */
  give(messages: readonly QueuedMessage[]): Promise<boolean> {
    return this.#publish(messages, {})
  }

  async #publish(batch: readonly QueuedMessage[], more: Record<string, string>): Promise<boolean> {
    const outcomes = await Promise.allSettled(
      batch.map(({ packet, deliveries }) =>
        this.#path.publish(packet, { ...more, ...(deliveries > 0 && { [DELIVERIES]: `${deliveries}` }) }),
      ),
    )
    const refused: QueuedMessage[] = []
    let failure: PromiseRejectedResult | undefined
    for (const [i, outcome] of outcomes.entries()) {
      const message = batch[i]!
      if (outcome.status === 'rejected') failure = outcome
      if (outcome.status === 'rejected' || outcome.value === REASON.noMatchingSubscribers) {
        refused.push(message)
        continue
      }
      message.counts.delete(message.packet.id)
      message.hold?.settle()
    }
    this.#path.putBack(refused)
    if (failure !== undefined) throw failure.reason
    return refused.length === 0
  }
}

/** Publishes a message to its queue once more. @returns and throws as `Publisher.send` */
export function republish(
  publisher: Publisher,
  version: 4 | 5,
  { topic, payload, properties }: PublishPacket,
  more: Record<string, string>,
): Promise<number> {
  const { headers: { [RETURNED]: _, ...headers } = {}, ...rest } = properties
  const all = { ...headers, ...(version === 5 && more) }
  return publisher.send(topic, payload, {
    ...rest,
    ...(Object.keys(all).length > 0 && { headers: all }),
    qos: 1,
    retain: false,
    deadline: Number.POSITIVE_INFINITY,
  })
}
