import { LazySignal } from '../core/abort.js'
import type { Attempt } from '../core/adapter/attempt.js'
import type { Timer } from '../core/clock.js'
import { type IntegrationSettings, operationBudgetMs } from '../core/settings/integration.js'
import type { Headers } from '../core/value.js'
import type { IncomingRequest } from '../mailbox/requests.js'
import type { BreakerPermit } from '../resilience/circuit-breaker.js'
import type { InHand } from './in-hand.js'

export type OperationState =
  /** Not begun. */
  | { readonly kind: 'accepted' }
  /** Waiting for the connection. `permit` is the state of the breaker in which it began to wait. */
  | { readonly kind: 'waiting'; readonly permit: BreakerPermit }
  /** Waiting for the rate limit, the bulkhead, or the outcome of a probe of the breaker. */
  | { readonly kind: 'queued' }
  | { readonly kind: 'attempting'; readonly attempt: OperationAttempt }
  /** Between two attempts. */
  | { readonly kind: 'backing-off'; readonly timer: Timer }
  | { readonly kind: 'settled' }

const ACCEPTED: OperationState = { kind: 'accepted' }

/** The least time that a `receive` allows the broker to answer, in milliseconds. */
const NO_WAIT_MS = 900

/** When a request times out, in milliseconds of `clock.monotonic()`. */
export function endOf(
  { verb, deadline }: Pick<IncomingRequest, 'verb' | 'deadline'>,
  settings: IntegrationSettings,
  now: number,
): number {
  if (deadline === 0) return now + operationBudgetMs(settings)
  // Only the broker knows whether a message is available, so even a `receive` without a wait needs time to ask it.
  return verb === 'receive' && deadline <= now ? now + NO_WAIT_MS : deadline
}

/** Called when an attempt of an operation has ended or none was made; perhaps more than once. */
export type Attempted = () => void

/** Receives the outcome of a request, once. */
export interface Replies {
  /** The request succeeded without a value. */
  done(request: IncomingRequest): void
  /** @param bytes the size of the answer on the wire, if it is known */
  reply(request: IncomingRequest, value: unknown, bytes?: number): void
  /** @param bytes the size of the answer on the wire, if there is one */
  fail(request: IncomingRequest, error: unknown, bytes?: number): void
}

/** Where a request comes from: the host, or a route of another actor. Each numbers its requests. */
export interface RequestOrigin {
  readonly replies: Replies
  /** The requests that are being started, so that a crash can be attributed to one of them. */
  readonly inHand: Pick<InHand, 'mustWait' | 'later' | 'take' | 'released'>
  readonly isHost: boolean
  /** Whether a request may wait for the connection or for another attempt. Always if absent. */
  mayWait?(request: IncomingRequest): boolean
}

/** One request, with its attempts and its state. */
export class Operation {
  readonly request: IncomingRequest
  readonly origin: RequestOrigin
  readonly #prefix: string
  /** When the operation times out in any state, in milliseconds of `clock.monotonic()`. */
  readonly end: number
  /** In milliseconds of `clock.monotonic()`. */
  readonly startedAt: number
  state: OperationState = ACCEPTED
  attempts = 0
  /** How often in a row the connection was lost while the operation was in flight. */
  cutOffs = 0

  /** @param prefix unique to the gateway and the integration, and the same in every life of the actor */
  constructor(
    request: IncomingRequest,
    origin: RequestOrigin,
    prefix: string,
    end: number,
    startedAt: number,
  ) {
    this.request = request
    this.origin = origin
    this.#prefix = prefix
    this.end = end
    this.startedAt = startedAt
  }

  /** Unique to the gateway, and the same in every life of the actor. */
  get id(): string {
    return this.request.id ?? `${this.#prefix}-${this.request.operation}`
  }

  /** When the attempt or else the operation times out, in milliseconds of `clock.monotonic()`. */
  get deadline(): number {
    return this.state.kind === 'attempting' ? this.state.attempt.deadline : this.end
  }

  /** Whether it may wait for the connection or for another attempt. */
  get mayWait(): boolean {
    return this.origin.mayWait?.(this.request) !== false
  }

  /** Starts another attempt. @param permit of the breaker; returned to it with the outcome */
  begin(permit: BreakerPermit, startedAt: number, deadline: number): OperationAttempt {
    this.attempts++
    const attempt = new OperationAttempt(this, permit, startedAt, Math.min(deadline, this.end))
    this.state = { kind: 'attempting', attempt }
    return attempt
  }

  /** Whether `attempt` is the current one. The outcome of an earlier attempt is ignored. */
  isAttempting(attempt: OperationAttempt): boolean {
    return this.state.kind === 'attempting' && this.state.attempt === attempt
  }
}

/** One attempt of an operation. Each has its own signal, so that an adapter that reads it late sees it aborted. */
export class OperationAttempt extends LazySignal implements Attempt {
  readonly #operation: Operation
  readonly permit: BreakerPermit
  readonly startedAt: number
  readonly deadline: number
  /** The size of its answers on the wire; `undefined` if the adapter does not report it. */
  answerBytes: number | undefined

  constructor(operation: Operation, permit: BreakerPermit, startedAt: number, deadline: number) {
    super()
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

  get messageId(): string | undefined {
    return this.#operation.request.messageId
  }

  answered(bytes: number): void {
    this.answerBytes = (this.answerBytes ?? 0) + bytes
  }
}
