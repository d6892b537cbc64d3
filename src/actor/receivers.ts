import type { Attempt } from '../core/adapter/attempt.js'
import type { QueueFacet } from '../core/adapter/queue-facet.js'
import type { Clock } from '../core/clock.js'
import type { ReceivedMessage } from '../mailbox/protocol.js'
import { Receiver } from './receiver.js'
import type { UnsettledDeliveries } from './unsettled.js'

/** How many idle receivers stay open. The number is limited because each may hold a connection. */
const MOST_IDLE = 8

/** The receivers of an integration, one for each queue in use. */
export class Receivers {
  readonly #facet: QueueFacet
  readonly #unsettled: UnsettledDeliveries
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #byQueue = new Map<string, Receiver>()
  /** The receivers without a caller, the longest idle first. */
  readonly #idle = new Set<Receiver>()

  /** @param timeoutMs the time-out for opening a consumer */
  constructor(facet: QueueFacet, unsettled: UnsettledDeliveries, clock: Clock, timeoutMs: number) {
    this.#facet = facet
    this.#unsettled = unsettled
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  /**
   * Waits for one message until the attempt ends.
   * @returns `undefined` if there was none until then
   * @throws DequeueError, ConnectionError
   */
  receive(queue: string, attempt: Attempt, noWait: boolean): Promise<ReceivedMessage | undefined> {
    let receiver = this.#byQueue.get(queue)
    if (receiver === undefined) {
      receiver = this.#make(queue)
      this.#byQueue.set(queue, receiver)
    }
    return receiver.receive(attempt, noWait)
  }

  /** Ends all callers with an error, because the connection and its consumers are lost. */
  disconnected(): void {
    for (const receiver of this.#byQueue.values()) receiver.disconnected()
  }

  /** Closes all receivers, which gives back their prefetched messages. Never rejects. */
  async closeAll(): Promise<void> {
    await Promise.all([...this.#byQueue.values()].map((receiver) => receiver.close()))
  }

  #make(queue: string): Receiver {
    const receiver: Receiver = new Receiver(
      queue,
      this.#facet,
      this.#unsettled,
      this.#clock,
      this.#timeoutMs,
      {
        idle: () => {
          this.#idle.add(receiver)
          const [longest] = this.#idle
          if (this.#idle.size > MOST_IDLE) void longest!.close()
        },
        busy: () => this.#idle.delete(receiver),
        closed: () => {
          this.#idle.delete(receiver)
          if (this.#byQueue.get(queue) === receiver) this.#byQueue.delete(queue)
        },
      },
    )
    return receiver
  }
}
