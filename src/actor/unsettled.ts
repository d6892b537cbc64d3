import type { InboundDelivery } from '../core/adapter.js'
import { SequenceTable } from '../core/sequence-table.js'
import type { DeadLetters } from './dead-letters.js'
import { afterFailure, isOneTooMany, mostDeliveries, type RedeliveryRules } from './redelivery.js'

interface Unsettled {
  readonly delivery: InboundDelivery
  readonly rules: RedeliveryRules
  readonly onSettled: (() => void) | undefined
}

/** The deliveries of queues that the host has and has not settled yet. The first settlement of each wins. */
export class UnsettledDeliveries {
  readonly #byToken = new SequenceTable<Unsettled>()
  readonly #deadLetters: DeadLetters
  #lastToken = 0

  constructor(deadLetters: DeadLetters) {
    this.#deadLetters = deadLetters
  }

  get size(): number {
    return this.#byToken.size
  }

  /** @returns the token under which it is settled; `undefined` when it cannot be delivered and was dead-lettered. */
  take(delivery: InboundDelivery, rules: RedeliveryRules, onSettled?: () => void): number | undefined {
    const reason = undeliverable(delivery, rules)
    if (reason !== undefined) {
      this.#deadLetters.write(delivery, { reason, attempts: delivery.attempt - 1 }, rules)
      return undefined
    }
    const token = ++this.#lastToken
    this.#byToken.set(token, { delivery, rules, onSettled })
    return token
  }

  /** @returns false when it was settled before or belongs to an earlier connection. @throws AckError */
  async ack(token: number): Promise<boolean> {
    const unsettled = this.#settle(token)
    if (unsettled === undefined) return false
    await unsettled.delivery.ack()
    return true
  }

  /**
   * Its delivery has failed: it is delivered again, or dead-lettered.
   * @param reason the error of the handler, in words.
   * @returns false when it was settled before or belongs to an earlier connection. @throws AckError
   */
  async nack(token: number, delayMs: number | undefined, reason?: string): Promise<boolean> {
    const unsettled = this.#settle(token)
    if (unsettled === undefined) return false
    const { delivery, rules } = unsettled
    const { attempt } = delivery
    const redelivery = afterFailure(attempt, delayMs, rules)
    if (redelivery.kind === 'again') await delivery.nack(redelivery.afterMs)
    else {
      const cause = reason ?? `not settled in ${mostDeliveries(rules)} deliveries`
      this.#deadLetters.write(delivery, { reason: cause, attempts: attempt }, rules)
    }
    return true
  }

  /** Nobody has seen it: given back uncounted. @returns false as `ack`. @throws AckError */
  async undelivered(token: number): Promise<boolean> {
    const unsettled = this.#settle(token)
    if (unsettled === undefined) return false
    await giveBack(unsettled.delivery)
    return true
  }

  /** Its payload is not what the wire format says, and never will be. */
  undecodable(token: number, error: Error): void {
    const unsettled = this.#settle(token)
    if (unsettled === undefined) return
    const { delivery, rules } = unsettled
    this.#deadLetters.write(delivery, { reason: error.message, attempts: delivery.attempt }, rules)
  }

  /** The actor stops: what has not been settled goes to another consumer at once. Never rejects. */
  async returnAll(): Promise<void> {
    const left = this.#byToken.values()
    this.#byToken.clear()
    await Promise.allSettled(left.map(async ({ delivery }) => delivery.nack(0)))
  }

  /** The connection is gone: the broker delivers all of them again, and settling them now means nothing. */
  forget(): void {
    this.#byToken.clear()
  }

  #settle(token: number): Unsettled | undefined {
    const unsettled = this.#byToken.take(token)
    unsettled?.onSettled?.()
    return unsettled
  }
}

/** Gives a delivery back that nobody has seen. An adapter may know no such thing: then it counts as an attempt. */
async function giveBack(delivery: InboundDelivery): Promise<void> {
  await (delivery.undelivered === undefined ? delivery.nack(0) : delivery.undelivered())
}

/** As `giveBack`, for those that can do nothing about a failure: the broker redelivers the message then. */
export function returnUnseen(delivery: InboundDelivery): void {
  giveBack(delivery).catch(() => {})
}

function undeliverable({ attempt, defect }: InboundDelivery, rules: RedeliveryRules): string | undefined {
  if (defect !== undefined) return defect.message
  return isOneTooMany(attempt, rules) ? `not settled in ${mostDeliveries(rules)} deliveries` : undefined
}
