import type { Clock } from '../core/clock.js'
import { CircuitOpenError } from '../core/errors.js'
import type { BreakerSettings } from '../core/settings.js'
import { admit, type BreakerCircuit, CLOSED, onFailure, onSuccess, onUnknown } from './breaker-state.js'
import { verdictOf } from './classify.js'

/** Proof of admission, to be handed back with the outcome. Good for one outcome. */
export type BreakerPermit = number

/** Told when the breaker changes between closed, open and half-open. Must not throw. */
export type BreakerListener = (state: BreakerCircuit, previous: BreakerCircuit) => void

/**
 * Stops an integration from hammering a service that does not work (specification: CircuitBreaker).
 *
 * Every `acquire` wants one of `succeeded` and `failed`. Outcomes of operations that were admitted
 * before the last change between closed, open and half-open are ignored: they speak of another time.
 */
export class CircuitBreaker {
  #state: BreakerCircuit = CLOSED
  /** Counts the changes of kind; a permit of an earlier generation is stale. */
  #generation = 0
  readonly #settings: BreakerSettings
  readonly #clock: Clock
  readonly #onChange: BreakerListener

  constructor(settings: BreakerSettings, clock: Clock, onChange: BreakerListener = () => {}) {
    this.#settings = settings
    this.#clock = clock
    this.#onChange = onChange
  }

  /** The present state; `until` is a time of `clock.monotonic()`. */
  get state(): BreakerCircuit {
    return this.#state
  }

  /** @throws CircuitOpenError when no operation may be tried now. */
  acquire(): BreakerPermit {
    if (this.#state.kind === 'closed') return this.#generation
    const admission = admit(this.#state, this.#settings, this.#clock.monotonic())
    this.#become(admission.state)
    if (!admission.admitted) throw new CircuitOpenError(admission.retryAfterMs)
    return this.#generation
  }

  /** The operation succeeded. */
  succeeded(permit: BreakerPermit): void {
    const state = this.#state
    if (state.kind === 'closed' && state.failures === 0) return
    if (permit === this.#generation) this.#become(onSuccess(state, this.#settings))
  }

  /** The operation was rejected with `error`, which says whether that is the other side's failure. */
  failed(permit: BreakerPermit, error: unknown): void {
    if (permit === this.#generation) this.#become(this.#after(error))
  }

  /** The operation was cut off and begins again: that says nothing yet. */
  cutOff(permit: BreakerPermit): void {
    if (permit === this.#generation) this.#become(onUnknown(this.#state))
  }

  /** An operation failed that was never admitted, because there was no connection. The other side is the cause all the same. */
  blame(error: unknown): void {
    try {
      this.failed(this.acquire(), error)
    } catch {
      // It is open already.
    }
  }

  /** The other side can be reached again: an open breaker lets probes through at once. */
  reachable(): void {
    if (this.#state.kind === 'open') this.#become({ kind: 'half-open', inFlight: 0, successes: 0 })
  }

  #after(error: unknown): BreakerCircuit {
    switch (verdictOf(error)) {
      case 'success':
        return onSuccess(this.#state, this.#settings)
      case 'failure':
        return onFailure(this.#state, this.#settings, this.#clock.monotonic())
      case 'unknown':
        return onUnknown(this.#state)
    }
  }

  #become(state: BreakerCircuit): void {
    const previous = this.#state
    this.#state = state
    if (state.kind === previous.kind) return
    this.#generation++
    this.#onChange(state, previous)
  }
}
