import type { InboundDelivery } from '../core/adapter.js'
import { SequenceTable } from '../core/sequence-table.js'

interface Unsettled {
  readonly delivery: InboundDelivery
  readonly onSettled: () => void
}

/** The deliveries of queues that the host has and has not settled yet. The first settlement of each wins. */
export class UnsettledDeliveries {
  readonly #byToken = new SequenceTable<Unsettled>()
  #lastToken = 0

  get size(): number {
    return this.#byToken.size
  }

  /** @returns the token under which it is settled. */
  add(delivery: InboundDelivery, onSettled: () => void): number {
    const token = ++this.#lastToken
    this.#byToken.set(token, { delivery, onSettled })
    return token
  }

  /** @returns false when it was settled before or belongs to an earlier connection. @throws AckError */
  async ack(token: number): Promise<boolean> {
    const delivery = this.#take(token)
    if (delivery === undefined) return false
    await delivery.ack()
    return true
  }

  /** @returns false when it was settled before or belongs to an earlier connection. @throws AckError */
  async nack(token: number, delayMs: number): Promise<boolean> {
    const delivery = this.#take(token)
    if (delivery === undefined) return false
    await delivery.nack(delayMs)
    return true
  }

  /** Nobody has seen it: given back uncounted. @returns false as `ack`. @throws AckError */
  async undelivered(token: number): Promise<boolean> {
    const delivery = this.#take(token)
    if (delivery === undefined) return false
    await giveBack(delivery)
    return true
  }

  /** The connection is gone: the broker delivers all of them again, and settling them now means nothing. */
  forget(): void {
    this.#byToken.clear()
  }

  #take(token: number): InboundDelivery | undefined {
    const unsettled = this.#byToken.take(token)
    unsettled?.onSettled()
    return unsettled?.delivery
  }
}

/** Gives a delivery back that nobody has seen. An adapter of others may know no such thing: it counts as an attempt then. */
export function giveBack(delivery: InboundDelivery): Promise<void> {
  return delivery.undelivered === undefined ? delivery.nack(0) : delivery.undelivered()
}
