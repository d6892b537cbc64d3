import type { Socket } from 'node:net'
import type { Caller } from '../../../core/adapter/authentication.js'
import { ByteBudget } from '../../../core/byte-budget.js'
import type { Clock } from '../../../core/clock.js'
import { type MemoryShare, MemoryShares } from '../../../core/memory-share.js'
import type { CallerRateSettings, LimitSettings } from '../../../core/settings/limits.js'
import { callerKey } from '../../caller-key.js'
import { type Allowance, CallerRates, rateHeaders } from '../../caller-rates.js'
import type { Refusals } from '../../refusals.js'
import type { Refusal } from './access-rules.js'

/** The answer to a caller that its rate does not admit. */
export const TOO_MANY: Refusal = {
  status: 429,
  reason: 'too many requests of this caller: the request was not executed',
}

/** Decides whether another message of a caller is admitted: by its rate, and by the messages that wait for answers. */
export class Admission {
  readonly refusals: Refusals
  readonly #rate: CallerRateSettings | undefined
  readonly #rates: CallerRates | undefined
  /** Counts the messages of all callers that are not answered. */
  readonly #messages: ByteBudget
  readonly #shares: MemoryShares

  constructor({ rate, requests }: LimitSettings, clock: Clock, refusals: Refusals) {
    this.refusals = refusals
    this.#rate = rate
    this.#rates = rate && new CallerRates(rate, clock)
    this.#messages = new ByteBudget(requests ?? Number.MAX_SAFE_INTEGER)
    this.#shares = new MemoryShares(this.#messages)
  }

  /** Counts a request of a caller if its rate admits one; `undefined` if the rate is not limited. */
  admit(caller: string, requests = 1): Allowance | undefined {
    return this.#rates?.admit(caller, requests)
  }

  /** Counts the further requests of a batch whose first was admitted. */
  charge(caller: string, requests: number): void {
    this.#rates?.charge(caller, requests)
  }

  /** The header fields that tell a caller its rate. */
  headers(allowance: Allowance | undefined): Record<string, string> {
    return allowance === undefined ? {} : rateHeaders(this.#rate!, allowance)
  }

  /**
   * The messages of one connection that are not answered. It may have half of those that all others leave, so that a
   * greedy connection leaves room for others.
   */
  messagesOf(connection: object): MemoryShare {
    return this.#shares.of(connection)
  }

  /** Calls `onRoom` once, when half of the messages have been answered. */
  whenRoom(onRoom: () => void): void {
    this.#messages.whenRoom(onRoom)
  }
}

/** The name by which the requests of a caller are counted. */
export function callerOf({ remoteAddress }: Pick<Socket, 'remoteAddress'>, who: Caller): string {
  return callerKey(remoteAddress, who.kind === 'known' ? who.identity : undefined)
}
