import type { Attempt } from '../core/adapter.js'
import type { Timer } from '../core/clock.js'
import type { Headers } from '../core/value.js'
import type { IncomingRequest } from '../mailbox/requests.js'
import type { BreakerPermit } from '../resilience/circuit-breaker.js'

/** What an operation is doing. */
export type OperationState =
  /** For the connection. */
  | { readonly kind: 'waiting' }
  /** For its turn: the rate limit or the bulkhead holds it back. */
  | { readonly kind: 'queued' }
  | { readonly kind: 'attempting'; readonly permit: BreakerPermit; readonly deadline: number }
  /** Between two attempts. */
  | { readonly kind: 'backing-off'; readonly timer: Timer }
  | { readonly kind: 'settled' }

/** One request of the host on its way through the policies. It is the context of its own attempts. */
export class Operation implements Attempt {
  readonly request: IncomingRequest
  /** `clock.monotonic()` milliseconds at which it ends, whatever it is doing. */
  readonly end: number
  readonly startedAt: number
  state: OperationState = { kind: 'waiting' }
  attempt = 0
  #controller: AbortController | undefined
  #ended: Error | undefined

  /** @param startedAt monotonic milliseconds. */
  constructor(request: IncomingRequest, end: number, startedAt: number) {
    this.request = request
    this.end = end
    this.startedAt = startedAt
  }

  get headers(): Headers | undefined {
    return this.request.options?.headers
  }

  get deadline(): number {
    return this.state.kind === 'attempting' ? this.state.deadline : this.end
  }

  // Made on first use: most adapters never ask, and a controller costs more than the rest of the operation.
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#ended !== undefined) this.#controller.abort(this.#ended)
    }
    return this.#controller.signal
  }

  /** Another attempt begins, with a signal of its own. */
  begin(attempting: Extract<OperationState, { kind: 'attempting' }>): void {
    this.state = attempting
    this.attempt++
    this.#controller = undefined
    this.#ended = undefined
  }

  /** Ends the attempt under way; whoever asks for its signal later finds it aborted. */
  abort(reason: Error): void {
    this.#ended ??= reason
    this.#controller?.abort(reason)
  }
}
