import type { InboundDelivery } from '../core/adapter/queue-facet.js'
import { SequenceTable } from '../core/sequence-table.js'
import type { DeadLetters, DeathCause } from './dead-letters.js'
import { afterFailure, isOneTooMany, mostDeliveries, type RedeliveryRules } from './redelivery.js'

interface Unsettled {
  readonly delivery: InboundDelivery
  readonly rules: RedeliveryRules
  readonly onSettled: (() => void) | undefined
}

/** How the host settles a message. */
export type Settling =
  | { readonly kind: 'taken' }
  | {
      readonly kind: 'failed'
      readonly error?: Error
      readonly isPermanent: false
      readonly delayMs?: number
    }
  | { readonly kind: 'returned' }

/** Settles a message that was made from deliveries. @returns as `ack`. @throws AckError */
type SettleMade = (how: Settling) => Promise<boolean>

/** The deliveries of queues that the host has not settled. The first settlement of each counts. */
export class UnsettledDeliveries {
  readonly #byToken = new SequenceTable<Unsettled | SettleMade>()
  readonly #deadLetters: DeadLetters
  #lastToken = 0
  #idle: (() => void)[] = []

  constructor(deadLetters: DeadLetters) {
    this.#deadLetters = deadLetters
  }

  get size(): number {
    return this.#byToken.size
  }

  /**
   * Adds a delivery.
   * @returns the token to settle it with; `undefined` if it cannot be delivered and is dead-lettered
   */
  take(delivery: InboundDelivery, rules: RedeliveryRules, onSettled?: () => void): number | undefined {
    if (this.#deadLetters.takes(delivery, rules.queue)) return undefined
    const cause = undeliverable(delivery, rules)
    if (cause !== undefined) {
      const deadLetter = delivery.exhausted?.deadLetter ?? rules.deadLetter
      this.#deadLetters.write(delivery, cause, { ...rules, deadLetter })
      return undefined
    }
    const token = ++this.#lastToken
    this.#byToken.set(token, { delivery, rules, onSettled })
    return token
  }

  /** Adds a message that transforms have made from deliveries. @returns the token to settle it with */
  add(settle: SettleMade): number {
    const token = ++this.#lastToken
    this.#byToken.set(token, settle)
    return token
  }

  /**
   * Acknowledges a delivery.
   * @returns false if it was settled before or belongs to an earlier connection.
   * @throws AckError
   */
  async ack(token: number): Promise<boolean> {
    const unsettled = this.#settle(token)
    if (unsettled === undefined) return false
    if (typeof unsettled === 'function') return unsettled({ kind: 'taken' })
    await unsettled.delivery.ack()
    return true
  }

  /**
   * Settles a failed delivery: the broker delivers the message again, or it is dead-lettered.
   * @param delayMs milliseconds before the next delivery; by default the delay grows
   * @param reason the error of the handler, in words
   * @returns false if it was settled before or belongs to an earlier connection
   * @throws AckError
   */
  async nack(token: number, delayMs: number | undefined, reason?: string): Promise<boolean> {
    const unsettled = this.#settle(token)
    if (unsettled === undefined) return false
    if (typeof unsettled === 'function')
      return unsettled({
        kind: 'failed',
        isPermanent: false,
        ...(delayMs !== undefined && { delayMs }),
        ...(reason !== undefined && { error: new Error(reason) }),
      })
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

  /** Gives a delivery back uncounted, because the application has not seen it. @returns as `ack`. @throws AckError */
  async undelivered(token: number): Promise<boolean> {
    const unsettled = this.#settle(token)
    if (unsettled === undefined) return false
    if (typeof unsettled === 'function') return unsettled({ kind: 'returned' })
    await giveBack(unsettled.delivery)
    return true
  }

  /** Dead-letters a delivery whose payload cannot be decoded or transformed. */
  undecodable(token: number, error: Error): void {
    const unsettled = this.#settle(token)
    if (unsettled === undefined || typeof unsettled === 'function') return
    const { delivery, rules } = unsettled
    this.#deadLetters.write(delivery, { reason: error.message, attempts: delivery.attempt }, rules)
  }

  /** Gives all deliveries back for other consumers, because the actor stops. Never rejects. */
  async returnAll(): Promise<void> {
    const left = this.#byToken.values()
    this.#byToken.clear()
    await Promise.allSettled([
      ...left.map(async (unsettled) => typeof unsettled !== 'function' && unsettled.delivery.nack(0)),
      this.#deadLetters.giveBackAll(),
    ])
  }

  /** Resolves when all deliveries have been settled, or forgotten. */
  async drained(): Promise<void> {
    if (this.#byToken.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Removes all deliveries, because the connection is lost and the broker delivers them again. */
  forget(): void {
    this.#byToken.clear()
    this.#deadLetters.forget()
    this.#becomeIdle()
  }

  #becomeIdle(): void {
    if (this.#byToken.size > 0 || this.#idle.length === 0) return
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  #settle(token: number): Unsettled | SettleMade | undefined {
    const unsettled = this.#byToken.take(token)
    if (typeof unsettled !== 'function') unsettled?.onSettled?.()
    this.#becomeIdle()
    return unsettled
  }
}

/** Gives an unseen delivery back. Counts as an attempt if the adapter has no `undelivered`. */
async function giveBack(delivery: InboundDelivery): Promise<void> {
  await (delivery.undelivered === undefined ? delivery.nack(0) : delivery.undelivered())
}

/** As `giveBack`, but ignores failures: the broker then redelivers the message anyway. */
export function returnUnseen(delivery: InboundDelivery): void {
  giveBack(delivery).catch(() => {})
}

/** Returns why a message must not be delivered. */
function undeliverable(
  { attempt, defect, exhausted }: InboundDelivery,
  rules: RedeliveryRules,
): DeathCause | undefined {
  if (exhausted !== undefined) return exhausted
  if (defect !== undefined) return { reason: defect.message, attempts: attempt - 1 }
  if (!isOneTooMany(attempt, rules)) return undefined
  const attempts = mostDeliveries(rules)
  // Do not use the broker's number: it includes tries to dead-letter the message.
  return { reason: `not settled in ${attempts} deliveries`, attempts }
}
