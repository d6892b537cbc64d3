import type { Clock } from '../core/clock.js'
import type { Random } from '../core/random.js'
import type { IntegrationSettings } from '../core/settings.js'
import { asIntegrationError } from '../resilience/classify.js'
import { decideRetry, type RetryDecision } from '../resilience/retry.js'
import { RetryBudget } from '../resilience/retry-budget.js'
import type { Connection } from './connection.js'
import type { Operation } from './operation.js'
import type { Verbs } from './verbs.js'

/** An operation that has been cut off so often is tried alone, to learn whether it is the cause. */
const ALONE_FROM = 2
/** So many connections may end while an operation is alone in flight. */
const POISON_THRESHOLD = 3

/** Whether an operation is to be the only one in flight. */
export function mustGoAlone({ request, cutOffs }: Operation): boolean {
  return request.verb !== 'receive' && cutOffs >= ALONE_FROM
}

/** One that waits for a message is in flight at every loss of the connection, and causes none. */
function isPoison({ request, cutOffs }: Operation): boolean {
  return request.verb !== 'receive' && cutOffs + 1 >= ALONE_FROM + POISON_THRESHOLD
}

/** What becomes of an operation whose attempt failed. */
export type Fate =
  | RetryDecision
  /** It waits for the next connection and begins again. */
  | { readonly kind: 'resume' }
  /** It ends each connection that it is tried on. */
  | { readonly kind: 'poison' }

/** Decides what follows a failure, within the budget that all retries of the integration share. */
export class FailurePolicy {
  readonly #settings: IntegrationSettings
  readonly #clock: Clock
  readonly #random: Random
  readonly #connection: Connection
  readonly #verbs: Verbs
  readonly #budget: RetryBudget | undefined

  constructor(
    settings: IntegrationSettings,
    clock: Clock,
    random: Random,
    connection: Connection,
    verbs: Verbs,
  ) {
    this.#settings = settings
    this.#clock = clock
    this.#random = random
    this.#connection = connection
    this.#verbs = verbs
    const { budget } = settings.retry
    this.#budget = budget && new RetryBudget(budget, clock)
  }

  /** An attempt begins: the first of a request adds to the budget. */
  begins({ attempts }: Operation): void {
    if (attempts === 0) this.#budget?.requested()
  }

  /** What to do now that its attempt has failed; a retry counts as made. */
  decide(operation: Operation, error: unknown): Fate {
    const mayRepeat = this.#verbs.mayRepeat(operation.request)
    if (this.#isCutOff(operation, error, mayRepeat))
      return isPoison(operation) ? { kind: 'poison' } : { kind: 'resume' }
    const decision = decideRetry(this.#settings.retry, Math.max(1, operation.attempts), error, {
      deadline: operation.end,
      now: this.#clock.monotonic(),
      random: this.#random.number,
      mayRepeat,
    })
    const isAllowed = decision.kind === 'give-up' || this.#budget === undefined || this.#budget.allowsRetry()
    return isAllowed ? decision : { kind: 'give-up' }
  }

  /** Whether the loss of the connection ended its attempt, and it can begin again on the next one. */
  #isCutOff(operation: Operation, error: unknown, mayRepeat: boolean): boolean {
    const known = asIntegrationError(error)
    return (
      operation.state.kind === 'attempting' &&
      known?.kind === 'connection' &&
      (mayRepeat || known.notExecuted === true) &&
      this.#settings.reconnect.offline === 'wait' &&
      !this.#connection.isConnected &&
      this.#connection.hopeless === undefined
    )
  }
}
