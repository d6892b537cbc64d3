import type { ExhaustedDelivery, InboundDelivery } from '../../core/adapter/queue-facet.js'
import type { IntegrationError } from '../../core/errors/integration-error.js'
import { AckError, DequeueError } from '../../core/errors/queue.js'
import type { Headers } from '../../core/value.js'
import { type Arrival, messageName } from './arrival.js'
import type { Connection } from './client/connection.js'
import { nanos } from './client/jetstream.js'
import type { RecentSet } from './recent-set.js'
import type { UndeliveredCounts } from './undelivered-counts.js'

const [ACK, NAK, WORKING] = ['+ACK', '-NAK', '+WPI'].map((text) => Buffer.from(text)) as [
  Buffer,
  Buffer,
  Buffer,
]
/**
 * Delay before an oversize message is delivered again, in milliseconds. It doubles with each delivery up to the maximum
 * below.
 */
const OVERSIZE_DELAY_MS = 60_000
const LONGEST_OVERSIZE_DELAY_MS = 3_600_000

/** What a delivery needs to be settled. */
export interface DeliveryDependencies {
  readonly connection: Connection
  readonly counts: UndeliveredCounts
  /** Ids of oversize messages that were already reported as dead letters. */
  readonly oversize: RecentSet
  /** The consumer's own limit of deliveries; -1 for none. */
  maxDeliver(): number
  /** Resolves when messages may be given back to the server; `undefined` if they may be now. Never rejects. */
  beforeGivingBack(): Promise<void> | undefined
  /** Sends an acknowledgement and waits for the server's confirmation. @throws IntegrationError, NoResponders */
  confirm(subject: string, payload: Uint8Array): Promise<unknown>
  /** Adds a copy to the stream and waits until it is stored. @throws IntegrationError */
  republish(arrival: Arrival): Promise<unknown>
  /**
   * Offers a message that no handler has seen to the local consumers of the queue. @returns whether a consumer accepts
   * it
   */
  offer(arrival: Arrival): boolean
  /** Called when a delivery is settled, or can no longer be settled. */
  settled(delivery: Delivery): void
}

/** The limit of deliveries that the configuration sets. */
export interface DeliveryLimit {
  /** Returns why an attempt must not be delivered, if there is a reason and no queue for dead letters. */
  defect(attempt: number): Error | undefined
  /** Returns what becomes of a message that was delivered too often. @param id its id at the broker */
  exhausted(attempt: number, id: string): ExhaustedDelivery | undefined
}

/** A delivered message with explicit acknowledgement. The server confirms every settlement. */
export class Delivery implements InboundDelivery {
  readonly arrival: Arrival
  readonly topic: string
  readonly payload: Uint8Array
  readonly headers?: Headers
  readonly id: string
  readonly attempt: number
  readonly defect?: Error
  readonly exhausted?: ExhaustedDelivery
  readonly #dependencies: DeliveryDependencies
  #settled: Promise<void> | undefined
  #isLost = false
  #isUncounted = false

  /** @param limit checks the number of each delivery */
  constructor(queue: string, arrival: Arrival, dependencies: DeliveryDependencies, limit: DeliveryLimit) {
    const { stream, consumer, sequence, delivered, headers } = arrival
    this.arrival = arrival
    this.topic = queue
    this.payload = arrival.payload
    if (headers !== undefined) this.headers = headers
    this.id = messageName(stream, sequence)
    this.attempt = Math.max(1, delivered - dependencies.counts.of(consumer, sequence))
    const fault = oversizeDefect(queue, arrival) ?? limit.defect(this.attempt)
    if (fault !== undefined) this.defect = fault
    else {
      const exhausted = limit.exhausted(this.attempt, this.id)
      if (exhausted !== undefined) this.exhausted = exhausted
    }
    this.#dependencies = dependencies
  }

  get redelivered(): boolean {
    return this.attempt > 1
  }

  /**
   * Acknowledges the message, but gives an oversize message back with a long delay: no copy of it exists outside its
   * stream.
   */
  ack(): Promise<void> {
    if (this.arrival.oversize !== undefined) {
      this.#dependencies.oversize.add(this.id)
      return this.nack(0)
    }
    return this.#settle(ACK)
  }

  nack(delayMs: number): Promise<void> {
    const { oversize, delivered } = this.arrival
    const delay = oversize === undefined ? delayMs : Math.max(delayMs, oversizeDelayMs(delivered))
    return this.#settle(delay > 0 ? Buffer.from(`-NAK {"delay": ${nanos(delay)}}`) : NAK)
  }

  undelivered(): Promise<void> {
    if (this.#isLost) this.#unseen()
    this.#settled ??= this.#giveBack()
    return this.#settled
  }

  /** Extends the server's `ack_wait` for this message. */
  working(): void {
    if (this.#settled === undefined)
      this.#dependencies.connection.writer.publish(this.arrival.reply, undefined, undefined, WORKING)
  }

  /** Gives the message back without waiting for the confirmation. Later settlements fail. */
  release(): void {
    if (this.#settled !== undefined) return
    this.lose('its consumer has ended', false)
    this.#dependencies.connection.writer.publish(this.arrival.reply, undefined, undefined, NAK)
  }

  /**
   * Marks the message as lost: it cannot be settled, and the server redelivers it after `ack_wait`. @param unseen
   * whether this delivery is not counted as an attempt
   */
  lose(reason: string, unseen: boolean): void {
    if (this.#settled !== undefined) return
    this.#isLost = true
    if (unseen) this.#unseen()
    this.#settled = Promise.reject(this.#lost(reason, undefined))
    this.#settled.catch(() => {})
    this.#dependencies.settled(this)
  }

  /** Excludes this delivery from the attempts. @param connection used to tell other processes; absent if it is lost */
  #unseen(connection?: Connection): void {
    if (this.#isUncounted) return
    this.#isUncounted = true
    this.#dependencies.counts.add(this.arrival.consumer, this.arrival.sequence, connection)
  }

  #settle(how: Uint8Array): Promise<void> {
    this.#settled ??= this.#tell(how)
    return this.#settled
  }

  async #tell(how: Uint8Array): Promise<void> {
    const { settled, counts, beforeGivingBack } = this.#dependencies
    const { consumer, sequence } = this.arrival
    settled(this)
    if (how !== ACK) {
      const turn = beforeGivingBack()
      if (turn !== undefined) await turn
    }
    await this.#confirm(how)
    if (how === ACK) counts.forget(consumer, sequence)
  }

  async #giveBack(): Promise<void> {
    const { connection, settled, offer, maxDeliver, republish, beforeGivingBack } = this.#dependencies
    const { delivered, oversize } = this.arrival
    settled(this)
    if (connection.closed !== undefined) {
      this.#unseen()
      throw this.#lost('the connection that delivered the message has ended', connection.closed)
    }
    if (offer(this.arrival)) return
    const turn = beforeGivingBack()
    if (turn !== undefined) await turn
    const most = maxDeliver()
    if (most === -1 || delivered < most || oversize !== undefined) {
      this.#unseen(connection)
      return this.#confirm(NAK)
    }
    // The server has reached its limit and would not deliver the message again: store a copy instead.
    try {
      await republish(this.arrival)
    } catch (error) {
      throw this.#lost((error as Error).message, error as IntegrationError)
    }
    await this.#confirm(ACK)
  }

  async #confirm(how: Uint8Array): Promise<void> {
    const { connection, confirm } = this.#dependencies
    if (connection.closed !== undefined)
      throw this.#lost('the connection that delivered the message has ended', connection.closed)
    try {
      await confirm(this.arrival.reply, how)
    } catch (error) {
      throw this.#lost((error as Error).message, error as IntegrationError)
    }
  }

  /** Returns the error of a lost message. The server redelivers it, possibly to another consumer. */
  #lost(reason: string, cause: unknown): AckError {
    return new AckError(this.topic, reason, { cause, retryable: false })
  }
}

function oversizeDefect(queue: string, { stream, sequence, oversize }: Arrival): Error | undefined {
  if (oversize === undefined) return undefined
  return new DequeueError(
    queue,
    `message ${messageName(stream, sequence)} has ${oversize} bytes: more than limits.frame. It stays in its stream`,
  )
}

/** Returns how long the server withholds an oversize message, in milliseconds. */
export function oversizeDelayMs(delivered: number): number {
  return Math.min(LONGEST_OVERSIZE_DELAY_MS, OVERSIZE_DELAY_MS * 2 ** Math.min(delivered - 1, 10))
}
