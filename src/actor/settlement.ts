import type { Clock } from '../core/clock.js'
import type { Gauges } from '../mailbox/gauges.js'
import { asIntegrationError } from '../resilience/classify.js'
import type { ActiveOperations } from './active-operations.js'
import type { Admission } from './admission.js'
import type { Operation } from './operation.js'

/** Records durations of operations, in microseconds. */
export interface LatencyRecorder {
  record(microseconds: number): void
}

export interface SettlementDependencies {
  readonly clock: Clock
  readonly gauges: Gauges
  readonly latency: LatencyRecorder
  readonly active: ActiveOperations
  /** The limits in which the operation has a place; undefined if there are none. */
  readonly admission: Admission | undefined
}

/**
 * Settles operations: sends the outcome to where the request came from, records duration and errors, and frees their place in the limits.
 */
export class Settlement {
  readonly #clock: Clock
  readonly #gauges: Gauges
  readonly #latency: LatencyRecorder
  readonly #active: ActiveOperations
  readonly #admission: Admission | undefined

  constructor({ clock, gauges, latency, active, admission }: SettlementDependencies) {
    this.#clock = clock
    this.#gauges = gauges
    this.#latency = latency
    this.#active = active
    this.#admission = admission
  }

  /** Settles an operation that succeeded. @param value `undefined` if the operation has none */
  done(operation: Operation, value: unknown): void {
    this.#active.remove(operation)
    const { request, origin } = operation
    // A call always has a value, at least null; without one the host would take it for a notification.
    if (value !== undefined || request.verb === 'call')
      origin.replies.reply(request, value ?? null, answerBytes(operation))
    else origin.replies.done(request)
    this.#settled(operation)
  }

  /** Settles an operation that failed. Does nothing if it is settled. */
  failed(operation: Operation, error: unknown): void {
    if (operation.state.kind === 'settled') return
    this.#active.remove(operation)
    const known = asIntegrationError(error)
    if (known !== undefined) this.#gauges.countError(known.kind)
    operation.origin.replies.fail(operation.request, error, answerBytes(operation))
    this.#settled(operation)
  }

  #settled(operation: Operation): void {
    operation.state = { kind: 'settled' }
    this.#latency.record(Math.max(1, Math.round((this.#clock.monotonic() - operation.startedAt) * 1_000)))
    this.#admission?.leave(operation)
  }
}

/** The size of the answer to the current attempt, if the adapter has reported it. */
function answerBytes({ state }: Operation): number | undefined {
  return state.kind === 'attempting' ? state.attempt.answerBytes : undefined
}
