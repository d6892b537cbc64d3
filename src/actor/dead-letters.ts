import type { InboundDelivery, QueueFacet } from '../core/adapter/queue-facet.js'
import type { ByteBudget } from '../core/byte-budget.js'
import type { Clock, Timer } from '../core/clock.js'
import type { Random } from '../core/random.js'
import type { Logger } from '../core/telemetry.js'
import type { Headers } from '../core/value.js'
import type { Gauges } from '../mailbox/gauges.js'
import { backoffDelay } from '../resilience/backoff.js'
import { withDeadline } from '../resilience/deadline.js'
import type { Outbox } from './outbox.js'
import { ownCopy } from './own-copy.js'
import { quietly } from './quietly.js'
import type { RedeliveryRules } from './redelivery.js'

/** The pauses between the tries to write one dead letter. */
const BACKOFF = { kind: 'exponential', initialMs: 500, factor: 2, maxMs: 60_000 } as const
const JITTER = 0.2
/** How many unwritten letters are held here. Further ones wait at the broker between their tries. */
const MOST_HELD = 1_000
/** How many letters are remembered while their messages are at the broker. */
const MOST_AWAY = 10_000

/** Why a message is dead-lettered. */
export interface DeathCause {
  /** The error, in words. */
  readonly reason: string
  /** How many deliveries did not settle it. */
  readonly attempts: number
  /** Headers of the letter that the adapter adds. */
  readonly headers?: Headers | undefined
}

export interface DeadLetterDependencies {
  readonly facet: QueueFacet
  readonly outbox: Outbox
  readonly gauges: Gauges
  readonly clock: Clock
  readonly random: Random
  readonly budget: ByteBudget
  /** The time-out of one try, in milliseconds. */
  readonly timeoutMs: number
  readonly log: Logger
}

/** A message that is never delivered again. */
interface Letter {
  /** Identifies the message over its redeliveries; `undefined` if the broker gives it no id. */
  readonly key: string | undefined
  readonly payload: Uint8Array
  readonly headers: Headers
  readonly cause: DeathCause
  readonly rules: RedeliveryRules
  /**
   * The deliveries of the message that can be settled. Several, if the broker delivers it again while it is held; none
   * after the connection was lost.
   */
  deliveries: InboundDelivery[]
  isStored: boolean
  failures: number
  /** The try in progress. */
  work: Promise<void>
  /** Set while the letter waits for its next try. */
  timer: Timer | undefined
}

/**
 * Writes messages that cannot be settled to the dead-letter queue, if one is configured, and reports them.
 *
 * While the dead-letter queue refuses, the message is held unsettled and only the write is tried again, so that no
 * handler gets it. It is acknowledged after it was written, so that it cannot be lost.
 */
export class DeadLetters {
  readonly #parts: DeadLetterDependencies
  readonly #held = new Set<Letter>()
  readonly #heldByKey = new Map<string, Letter>()
  /** Letters whose messages are at the broker, the longest first. */
  readonly #away = new Map<string, Letter>()
  #isStopping = false

  constructor(parts: DeadLetterDependencies) {
    this.#parts = parts
  }

  /** Starts to write a dead letter. */
  write(delivery: InboundDelivery, cause: DeathCause, rules: RedeliveryRules): void {
    const { id, payload } = delivery
    const headers = {
      ...delivery.headers,
      ...cause.headers,
      'nemo-dead-letter-queue': rules.queue,
      'nemo-dead-letter-reason': cause.reason,
      'nemo-dead-letter-attempts': String(cause.attempts),
    }
    this.#hold({
      key: id === undefined ? undefined : keyOf(rules.queue, id),
      payload,
      headers,
      cause,
      rules,
      deliveries: [delivery],
      isStored: false,
      failures: 0,
      work: DONE,
      timer: undefined,
    })
  }

  /**
   * Takes the redelivery of a message whose dead letter is not written yet.
   * @returns false if it is another message
   */
  takes(delivery: InboundDelivery, queue: string): boolean {
    if (this.#heldByKey.size === 0 && this.#away.size === 0) return false
    const { id } = delivery
    if (id === undefined || !delivery.redelivered) return false
    const key = keyOf(queue, id)
    const held = this.#heldByKey.get(key)
    if (held !== undefined) {
      held.deliveries.push(delivery)
      return true
    }
    const away = this.#away.get(key)
    if (away === undefined) return false
    this.#away.delete(key)
    away.deliveries = [delivery]
    this.#hold(away)
    return true
  }

  /** Forgets the deliveries, because the connection is lost. The broker delivers the messages again. */
  forget(): void {
    for (const letter of [...this.#held]) {
      letter.deliveries = []
      // A try in progress ends by itself: its letter may have been stored.
      if (letter.timer !== undefined) this.#leave(letter)
    }
  }

  /**
   * Gives all messages back, because the actor stops. Counts their deliveries, so that a successor knows by the number
   * that they must not be delivered. Never rejects.
   */
  async giveBackAll(): Promise<void> {
    this.#isStopping = true
    await Promise.all(
      [...this.#held].map((letter) => (letter.timer === undefined ? letter.work : this.#giveBack(letter, 0))),
    )
  }

  #hold(letter: Letter): void {
    this.#held.add(letter)
    if (letter.key !== undefined) this.#heldByKey.set(letter.key, letter)
    letter.work = this.#try(letter)
  }

  /** Makes one try. Never rejects. */
  async #try(letter: Letter): Promise<void> {
    try {
      if (!letter.isStored) await this.#store(letter)
      letter.isStored = true
    } catch (error) {
      return this.#refused(letter, error as Error)
    }
    const tried = letter.deliveries
    letter.deliveries = []
    if (!(await acknowledged(tried))) {
      // The broker delivers the message again, which then is only acknowledged.
      if (letter.deliveries.length > 0) return this.#try(letter)
      return this.#leave(letter)
    }
    this.#remove(letter)
    void acknowledged(letter.deliveries)
    const { cause, rules, payload, headers, failures } = letter
    const { gauges, outbox, log } = this.#parts
    gauges.count('deadLettered')
    const { reason, attempts } = cause
    outbox.notice({
      kind: 'dead-letter',
      queue: rules.queue,
      reason,
      attempts,
      bytes: ownCopy(payload),
      headers,
    })
    if (failures > 0)
      log({ level: 'info', message: `wrote ${nameOf(rules)} after ${failures} refused tries: ${reason}` })
  }

  async #store({ rules: { deadLetter }, payload, headers }: Letter): Promise<void> {
    if (deadLetter === undefined) return
    const { facet, clock, timeoutMs } = this.#parts
    await withDeadline((attempt) => facet.enqueue(deadLetter, payload, { headers }, attempt), {
      clock,
      deadline: clock.monotonic() + timeoutMs,
      operation: `send to dead-letter queue ${deadLetter}`,
    })
  }

  async #refused(letter: Letter, error: Error): Promise<void> {
    const { clock, random, budget, gauges, log } = this.#parts
    const delayMs = backoffDelay(BACKOFF, JITTER, ++letter.failures, random.number)
    const follows = this.#isStopping
      ? 'the message goes back to its queue'
      : `the message is not delivered, and the write is tried again in ${Math.ceil(delayMs / 1_000)} s`
    gauges.countError('enqueue')
    log({
      level: 'error',
      message: `cannot write ${nameOf(letter.rules)}: ${error.message}; ${follows}`,
      reason: letter.cause.reason,
      attempts: letter.cause.attempts,
    })
    if (letter.deliveries.length === 0) return this.#leave(letter)
    if (this.#isStopping) return this.#giveBack(letter, 0)
    if (this.#held.size > MOST_HELD || budget.isFull) return this.#giveBack(letter, delayMs)
    budget.take(letter.payload.byteLength)
    const task = () => {
      this.#stopWaiting(letter)
      letter.work = this.#try(letter)
    }
    letter.timer = clock.setTimer(delayMs, task, { background: true })
  }

  /** Gives the message back for a later try. Never rejects. */
  async #giveBack(letter: Letter, delayMs: number): Promise<void> {
    const { deliveries } = letter
    letter.deliveries = []
    this.#leave(letter)
    await Promise.all(deliveries.map((delivery) => quietly(() => delivery.nack(delayMs))))
  }

  /** Remembers a letter whose message is at the broker. Without an id, its number of deliveries identifies it. */
  #leave(letter: Letter): void {
    this.#remove(letter)
    const { key } = letter
    if (key === undefined) return
    this.#away.set(key, letter)
    if (this.#away.size <= MOST_AWAY) return
    const [longest] = this.#away.keys()
    this.#away.delete(longest!)
  }

  #remove(letter: Letter): void {
    this.#stopWaiting(letter)
    this.#held.delete(letter)
    if (letter.key !== undefined) this.#heldByKey.delete(letter.key)
  }

  #stopWaiting(letter: Letter): void {
    if (letter.timer === undefined) return
    letter.timer.cancel()
    letter.timer = undefined
    this.#parts.budget.give(letter.payload.byteLength)
  }
}

const DONE = Promise.resolve()

/** Acknowledges all deliveries of one message. @returns whether the broker heard of one. Never rejects */
async function acknowledged(deliveries: readonly InboundDelivery[]): Promise<boolean> {
  const outcomes = await Promise.allSettled(deliveries.map(async (delivery) => delivery.ack()))
  return outcomes.some(({ status }) => status === 'fulfilled')
}

function keyOf(queue: string, id: string): string {
  return `${queue}\n${id}`
}

function nameOf({ queue, deadLetter }: RedeliveryRules): string {
  return `a dead letter of queue ${JSON.stringify(queue)} to ${JSON.stringify(deadLetter)}`
}
