import type { Random } from '../../core/random.js'
import { REASON } from './client/errors.js'
import type { PublishPacket } from './client/publish-decoder.js'
import type { Publisher } from './client/publisher.js'
import { DELIVERIES, RETURNED } from './queue-delivery.js'
import type { QueuedMessage } from './queue-inbox.js'

/** How many messages are returned to the queue at a time. */
const BATCH = 256
/** How many probes must all come back to conclude that there is no other member. */
const PROBES = 8

/** Where messages come from, and how they are returned to the queue. */
export interface QueueReturnDependencies {
  readonly version: 4 | 5
  readonly random: Random
  take(count: number): readonly QueuedMessage[]
  putBack(messages: readonly QueuedMessage[]): void
  /** Publishes to the queue. Resolves with the broker's reason code. */
  publish(packet: PublishPacket, headers: Record<string, string>): Promise<number>
  /** Returns whether to continue. */
  isWanted(): boolean
  /** Resolves when everything that the broker has sent so far has arrived. */
  barrier(): Promise<void>
}

/**
 * Gives messages back to the other members of the group: publishes each to the queue again, then acknowledges the
 * original. MQTT has no negative acknowledgement, and a broker may drop unacknowledged messages when a session ends
 * (Mosquitto does).
 */
export class QueueReturn {
  readonly #path: QueueReturnDependencies
  /** Payloads of published probes, to recognise them in MQTT 3.1.1, which has no user properties. */
  #published: Uint8Array[] = []
  #mark = ''
  #cameBack = 0

  constructor(path: QueueReturnDependencies) {
    this.#path = path
  }

  /** Counts a received message if it is a probe that came back. */
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
   * Finds out whether there are other members: returns some messages to the queue while we are a member. If all of them
   * come back to us, there is no other member.
   * @throws what `publish` throws; messages that were not published wait again
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
   * Gives back all waiting messages.
   * @returns false if the broker has no subscriber for the queue; messages it did not route wait again
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

  /** Gives back messages that the caller owns. @returns and throws as `drain` */
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

/** Publishes a message to its queue again. @returns and throws as `Publisher.send` */
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
