import type { InboundDelivery } from '../../core/adapter.js'
import { AckError, DequeueError, type IntegrationError } from '../../core/errors.js'
import type { Headers } from '../../core/value.js'
import { type Arrival, messageName } from './arrival.js'
import type { Connection } from './client/connection.js'
import { nanos } from './client/jetstream.js'
import type { RecentSet } from './recent-set.js'
import type { UndeliveredCounts } from './undelivered-counts.js'

const [ACK, NAK, TERM, WORKING] = ['+ACK', '-NAK', '+TERM', '+WPI'].map((text) => Buffer.from(text)) as [
  Buffer,
  Buffer,
  Buffer,
  Buffer,
]
/** Before an oversize message comes again; doubled with each delivery. */
const OVERSIZE_DELAY_MS = 60_000
const LONGEST_OVERSIZE_DELAY_MS = 3_600_000

/** What deliveries are settled with. */
export interface Settling {
  readonly connection: Connection
  readonly counts: UndeliveredCounts
  /** Ids of oversize messages that have been reported as dead letters. */
  readonly oversize: RecentSet
  /** The server's own limit of deliveries, -1 when it has none. */
  maxDeliver(): number
  /** The server must not get messages back before this. `undefined` when it may. Never rejects. */
  beforeGivingBack(): Promise<void> | undefined
  /** Tells the server, and waits until it confirms. @throws IntegrationError, NoResponders */
  confirm(subject: string, payload: Uint8Array): Promise<unknown>
  /** Puts a copy into the stream, and waits until it is stored. @throws IntegrationError */
  republish(arrival: Arrival): Promise<unknown>
  /** Offers a message that nobody has seen to the consumers of this adapter. @returns whether one takes it */
  passOn(arrival: Arrival): boolean
  /** It is settled, or nobody can settle it any more. */
  settled(delivery: Delivery): void
}

/** A message in hand (JetStream, explicit acknowledgement). The server confirms every settlement. */
export class Delivery implements InboundDelivery {
  readonly arrival: Arrival
  readonly topic: string
  readonly payload: Uint8Array
  readonly headers?: Headers
  readonly id: string
  readonly attempt: number
  readonly defect?: Error
  readonly #settling: Settling
  #settled: Promise<void> | undefined
  #isLost = false
  #isUncounted = false

  /** @param defectOf why an attempt must not be delivered, if there is a reason */
  constructor(
    queue: string,
    arrival: Arrival,
    settling: Settling,
    defectOf: (attempt: number) => Error | undefined,
  ) {
    const { stream, consumer, sequence, delivered, headers } = arrival
    this.arrival = arrival
    this.topic = queue
    this.payload = arrival.payload
    if (headers !== undefined) this.headers = headers
    this.id = messageName(stream, sequence)
    this.attempt = Math.max(1, delivered - settling.counts.of(consumer, sequence))
    const fault = oversizeDefect(queue, arrival) ?? defectOf(this.attempt)
    if (fault !== undefined) this.defect = fault
    this.#settling = settling
  }

  get redelivered(): boolean {
    return this.attempt > 1
  }

  /** An oversize message stays in its stream, because no copy of it could be kept: it comes again much later. */
  ack(): Promise<void> {
    if (this.arrival.oversize !== undefined) {
      this.#settling.oversize.add(this.id)
      return this.nack(0)
    }
    return this.#settle(ACK)
  }

  nack(delayMs: number): Promise<void> {
    const { oversize, delivered } = this.arrival
    const delay = oversize === undefined ? delayMs : Math.max(delayMs, oversizeDelayMs(delivered))
    return this.#settle(delay > 0 ? Buffer.from(`-NAK {"delay": ${nanos(delay)}}`) : NAK)
  }

  /** It must not come again. @throws AckError */
  term(): Promise<void> {
    return this.#settle(TERM)
  }

  undelivered(): Promise<void> {
    if (this.#isLost) this.#unseen()
    this.#settled ??= this.#giveBack()
    return this.#settled
  }

  /** Tells the server that somebody is still at it. */
  working(): void {
    if (this.#settled === undefined)
      this.#settling.connection.writer.publish(this.arrival.reply, undefined, undefined, WORKING)
  }

  /** Gives it back without waiting for the confirmation: a later settlement fails. */
  release(): void {
    if (this.#settled !== undefined) return
    this.lose('its consumer has ended', false)
    this.#settling.connection.writer.publish(this.arrival.reply, undefined, undefined, NAK)
  }

  /** It cannot be settled any more, and comes again when the server's patience ends. @param unseen it does not count */
  lose(reason: string, unseen: boolean): void {
    if (this.#settled !== undefined) return
    this.#isLost = true
    if (unseen) this.#unseen()
    this.#settled = Promise.reject(this.#lost(reason, undefined))
    this.#settled.catch(() => {})
    this.#settling.settled(this)
  }

  /** Nobody has seen it: this delivery is not an attempt. @param connection informs other processes */
  #unseen(connection?: Connection): void {
    if (this.#isUncounted) return
    this.#isUncounted = true
    this.#settling.counts.add(this.arrival.consumer, this.arrival.sequence, connection)
  }

  #settle(how: Uint8Array): Promise<void> {
    this.#settled ??= this.#tell(how)
    return this.#settled
  }

  async #tell(how: Uint8Array): Promise<void> {
    const { settled, counts, beforeGivingBack } = this.#settling
    const { consumer, sequence } = this.arrival
    settled(this)
    if (how !== ACK && how !== TERM) {
      const turn = beforeGivingBack()
      if (turn !== undefined) await turn
    }
    await this.#confirm(how)
    if (how === ACK || how === TERM) counts.forget(consumer, sequence)
  }

  async #giveBack(): Promise<void> {
    const { connection, settled, passOn, maxDeliver, republish, beforeGivingBack } = this.#settling
    const { delivered, oversize } = this.arrival
    settled(this)
    if (connection.closed !== undefined) {
      this.#unseen()
      throw this.#lost('the connection it came by has ended', connection.closed)
    }
    if (passOn(this.arrival)) return
    const turn = beforeGivingBack()
    if (turn !== undefined) await turn
    const most = maxDeliver()
    if (most === -1 || delivered < most || oversize !== undefined) {
      this.#unseen(connection)
      return this.#confirm(NAK)
    }
    // The server would not deliver it again.
    try {
      await republish(this.arrival)
    } catch (error) {
      throw this.#lost((error as Error).message, error as IntegrationError)
    }
    await this.#confirm(ACK)
  }

  async #confirm(how: Uint8Array): Promise<void> {
    const { connection, confirm } = this.#settling
    if (connection.closed !== undefined)
      throw this.#lost('the connection it came by has ended', connection.closed)
    try {
      await confirm(this.arrival.reply, how)
    } catch (error) {
      throw this.#lost((error as Error).message, error as IntegrationError)
    }
  }

  /** The server delivers it again, to the consumer that asks next. */
  #lost(reason: string, cause: unknown): AckError {
    return new AckError(this.topic, reason, { cause, retryable: false })
  }
}

function oversizeDefect(queue: string, { stream, sequence, oversize }: Arrival): Error | undefined {
  if (oversize === undefined) return undefined
  return new DequeueError(
    queue,
    `message ${messageName(stream, sequence)} has ${oversize} bytes, more than limits.frame; it stays in its stream`,
  )
}

/** For how long an oversize message is left with the server. */
export function oversizeDelayMs(delivered: number): number {
  return Math.min(LONGEST_OVERSIZE_DELAY_MS, OVERSIZE_DELAY_MS * 2 ** Math.min(delivered - 1, 10))
}
