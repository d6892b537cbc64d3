import type { IncomingRequest } from '../mailbox/requests.js'
import { failureOf } from './adapter-failure.js'
import type { Executor } from './executor.js'
import { Operation, type RequestOrigin } from './operation.js'

/**
 * Executes requests that settle or end something (`isImmediate`). They are attempted once, at once and without a
 * time-out, because what they refer to belongs to the current connection.
 */
export class ImmediateRequests {
  readonly #executor: Executor
  readonly #origin: RequestOrigin
  readonly #idPrefix: string
  #inFlight = 0

  constructor(executor: Executor, origin: RequestOrigin, idPrefix: string) {
    this.#executor = executor
    this.#origin = origin
    this.#idPrefix = idPrefix
  }

  /** How many requests have been accepted and not answered. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Executes a request and sends its answer. Never throws. */
  accept(request: IncomingRequest): void {
    const operation = new Operation(request, this.#origin, this.#idPrefix, Number.POSITIVE_INFINITY, 0)
    const attempt = operation.begin(0, 0, Number.POSITIVE_INFINITY)
    const executed = Promise.resolve(this.#executor.execute(operation, attempt))
    const { replies } = this.#origin
    this.#inFlight++
    executed.then(
      (value) => {
        this.#inFlight--
        if (value === undefined) replies.done(request)
        else replies.reply(request, value)
      },
      (error: unknown) => {
        this.#inFlight--
        replies.fail(request, failureOf(request.verb, request.target, error))
      },
    )
  }
}
