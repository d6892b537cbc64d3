import type { Clock } from '../core/clock.js'
import type { IntegrationSettings } from '../core/settings.js'
import { asIntegrationError } from '../resilience/classify.js'
import { decideRetry, type RetryDecision } from '../resilience/retry.js'
import { RetryBudget } from '../resilience/retry-budget.js'
import type { Connection } from './connection.js'
import type { Operation } from './operation.js'
import { isResumable } from './verbs.js'

/** What becomes of an operation whose attempt failed. */
export type Fate =
  | RetryDecision
  /** It waits for the next connection and begins again. */
  | { readonly kind: 'resume' }

/** Decides what follows a failure, within the budget that all retries of the integration share. */
export class FailurePolicy {
  readonly #settings: IntegrationSettings
  readonly #clock: Clock
  readonly #connection: Connection
  readonly #budget: RetryBudget | undefined

  constructor(settings: IntegrationSettings, clock: Clock, connection: Connection) {
    this.#settings = settings
    this.#clock = clock
    this.#connection = connection
    const { budget } = settings.retry
    this.#budget = budget && new RetryBudget(budget, clock)
  }

  /** An attempt begins: the first of a request adds to the budget. */
  begins({ attempt }: Operation): void {
    if (attempt === 0) this.#budget?.requested()
  }

  /** What to do now that its attempt has failed; a retry counts as made. */
  decide(operation: Operation, error: unknown): Fate {
    if (this.#mayResume(operation, error)) return { kind: 'resume' }
    const decision = decideRetry(this.#settings.retry, Math.max(1, operation.attempt), error, {
      deadline: operation.end,
      now: this.#clock.monotonic(),
      random: Math.random,
    })
    const isAllowed = decision.kind === 'give-up' || this.#budget === undefined || this.#budget.allowsRetry()
    return isAllowed ? decision : { kind: 'give-up' }
  }

  /** Whether it can wait for the next connection and begin again: at least once is what it promises. */
  #mayResume(operation: Operation, error: unknown): boolean {
    return (
      operation.state.kind === 'attempting' &&
      isResumable(operation.request) &&
      asIntegrationError(error)?.kind === 'connection' &&
      this.#settings.reconnect.offline === 'wait' &&
      !this.#connection.isConnected &&
      this.#connection.hopeless === undefined
    )
  }
}
