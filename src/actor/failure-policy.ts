import type { Clock } from '../core/clock.js'
import type { IntegrationError } from '../core/errors/integration-error.js'
import type { Random } from '../core/random.js'
import type { IntegrationSettings } from '../core/settings/integration.js'
import { asIntegrationError } from '../resilience/classify.js'
import { decideRetry, type RetryDecision } from '../resilience/retry.js'
import { RetryBudget } from '../resilience/retry-budget.js'
import type { Connection } from './connection.js'
import type { Operation } from './operation.js'
import type { Verbs } from './verbs.js'

/** After this many lost connections an operation is tried alone, to find out whether it is the cause. */
const ALONE_FROM = 2
/** An operation fails after this many connections ended while it was alone in flight. */
const POISON_THRESHOLD = 3

/** Whether an operation must be the only one in flight. */
export function mustGoAlone({ request, cutOffs }: Operation): boolean {
  return request.verb !== 'receive' && cutOffs >= ALONE_FROM
}

/**
 * Whether an operation ends each connection. A `receive` waits for so long that it is in flight at every loss, so it
 * never counts.
 */
function isPoison({ request, cutOffs }: Operation): boolean {
  return request.verb !== 'receive' && cutOffs + 1 >= ALONE_FROM + POISON_THRESHOLD
}

/** What happens to an operation whose attempt failed. */
export type FailureDecision =
  | RetryDecision
  /** The operation waits for the next connection and starts again. */
  | { readonly kind: 'resume' }
  /** The operation fails because it ends each connection on which it is tried. */
  | { readonly kind: 'poison' }

/** Decides what follows a failed attempt, within the retry budget of the integration. */
export class FailurePolicy {
  readonly #settings: IntegrationSettings
  readonly #clock: Clock
  readonly #random: Random
  readonly #connection: Connection
  readonly #verbs: Verbs
  readonly #budget: RetryBudget | undefined
  /** The number of the latest connection whose loss has been counted. */
  #lost = 0

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

  /** Records the start of an attempt. The first attempt of a request adds to the retry budget. */
  begins({ attempts }: Operation): void {
    if (attempts === 0) this.#budget?.requested()
  }

  /** Decides what follows a failed attempt. A retry is taken from the budget. */
  decide(operation: Operation, error: unknown): FailureDecision {
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

  /** Whether an error reports the loss of a connection that another operation has reported: one loss is one failure. */
  isKnownLoss({ kind }: IntegrationError): boolean {
    const { isConnected, connects } = this.#connection
    if (kind !== 'connection' || isConnected) return false
    const isKnown = this.#lost === connects
    this.#lost = connects
    return isKnown
  }

  /** Whether the loss of the connection ended the attempt, and the operation may start again on the next connection. */
  #isCutOff(operation: Operation, error: unknown, mayRepeat: boolean): boolean {
    const known = asIntegrationError(error)
    return (
      operation.state.kind === 'attempting' &&
      known?.kind === 'connection' &&
      (mayRepeat || known.notExecuted === true) &&
      this.#settings.reconnect.offline === 'wait' &&
      !this.#connection.isConnected &&
      this.#connection.waitFault === undefined
    )
  }
}
