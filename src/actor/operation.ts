import { sharedController } from '../core/abort.js'
import type { Attempt } from '../core/adapter.js'
import type { Timer } from '../core/clock.js'
import type { Headers } from '../core/value.js'
import type { IncomingRequest } from '../mailbox/requests.js'
import type { BreakerPermit } from '../resilience/circuit-breaker.js'

/** What an operation is doing. */
export type OperationState =
  /** Waiting for the connection. */
  | { readonly kind: 'waiting' }
  /** Waiting for the rate limit or the bulkhead. */
  | { readonly kind: 'queued' }
  | { readonly kind: 'attempting'; readonly attempt: OperationAttempt }
  /** Between two attempts. */
  | { readonly kind: 'backing-off'; readonly timer: Timer }
  | { readonly kind: 'settled' }

/** One request of the host on its way through the policies. */
export class Operation {
  readonly request: IncomingRequest
  readonly #prefix: string
  /** `clock.monotonic()` milliseconds at which it ends, whatever it is doing. */
  readonly end: number
  /** `clock.monotonic()` milliseconds. */
  readonly startedAt: number
  state: OperationState = { kind: 'waiting' }
  attempts = 0
  /** How often in a row the connection was lost while it was in flight. */
  cutOffs = 0

  /** @param prefix unique to the gateway and the integration, the same in every life of the actor. */
  constructor(request: IncomingRequest, prefix: string, end: number, startedAt: number) {
    this.request = request
    this.#prefix = prefix
    this.end = end
    this.startedAt = startedAt
  }

  /** Unique to the gateway, the same in every life of the actor. */
  get id(): string {
    return `${this.#prefix}-${this.request.operation}`
  }

  /** `clock.monotonic()` milliseconds at which something must happen: the end of the attempt, or its own end. */
  get deadline(): number {
    return this.state.kind === 'attempting' ? this.state.attempt.deadline : this.end
  }

  /** Begins another attempt. @param permit the breaker's, to be returned with the outcome */
  begin(permit: BreakerPermit, startedAt: number, deadline: number): OperationAttempt {
    this.attempts++
    const attempt = new OperationAttempt(this, permit, startedAt, Math.min(deadline, this.end))
    this.state = { kind: 'attempting', attempt }
    return attempt
  }

  /** Whether `attempt` is the one in progress; an earlier one that ends late has no say. */
  isAttempting(attempt: OperationAttempt): boolean {
    return this.state.kind === 'attempting' && this.state.attempt === attempt
  }
}

/** One attempt. Each has its own signal, so that an adapter that looks late sees that it was given up. */
export class OperationAttempt implements Attempt {
  readonly #operation: Operation
  readonly permit: BreakerPermit
  readonly startedAt: number
  readonly deadline: number
  #controller: AbortController | undefined
  #ended: Error | undefined

  constructor(operation: Operation, permit: BreakerPermit, startedAt: number, deadline: number) {
    this.#operation = operation
    this.permit = permit
    this.startedAt = startedAt
    this.deadline = deadline
  }

  get headers(): Headers | undefined {
    return this.#operation.request.options?.headers
  }

  get operationId(): string {
    return this.#operation.id
  }

  // Created on first use: most adapters never ask, and a controller costs more than the rest of the operation.
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = sharedController()
      if (this.#ended !== undefined) this.#controller.abort(this.#ended)
    }
    return this.#controller.signal
  }

  /** Ends it. A signal read later is already aborted. */
  abort(reason: Error): void {
    this.#ended ??= reason
    this.#controller?.abort(reason)
  }
}
