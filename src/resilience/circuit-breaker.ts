import type { Clock } from '../core/clock.js'
import { CircuitOpenError } from '../core/errors/limits.js'
import type { BreakerSettings } from '../core/settings/breaker.js'
import { admit, type BreakerCircuit, CLOSED, onFailure, onSuccess, onUnknown } from './breaker-state.js'
import { verdictOf } from './classify.js'

/** Proof of an admission. The caller passes it back once, with the outcome. */
export type BreakerPermit = number

/** Called when the breaker changes between closed, open and half-open. Must not throw. */
export type BreakerListener = (state: BreakerCircuit, previous: BreakerCircuit) => void

/**
 * Stops an integration from sending requests to a service that does not work.
 *
 * The caller must report one outcome for each `acquire`. Outcomes of operations that were admitted before the last
 * change between closed, open and half-open are ignored, because they are out of date.
 */
export class CircuitBreaker {
  #state: BreakerCircuit = CLOSED
  /** Counts the changes of kind. A permit of an earlier generation is ignored. */
  #generation = 0
  readonly #settings: BreakerSettings
  readonly #clock: Clock
  readonly #onChange: BreakerListener

  constructor(settings: BreakerSettings, clock: Clock, onChange: BreakerListener = () => {}) {
    this.#settings = settings
    this.#clock = clock
    this.#onChange = onChange
  }

  /** The current state; `until` is in milliseconds of `clock.monotonic()`. */
  get state(): BreakerCircuit {
    return this.#state
  }

  /** Asks to attempt an operation. @throws CircuitOpenError if none may be attempted now */
  acquire(): BreakerPermit {
    if (this.#state.kind === 'closed') return this.#generation
    const admission = admit(this.#state, this.#settings, this.#clock.monotonic())
    this.#become(admission.state)
    if (!admission.admitted) throw new CircuitOpenError(admission.retryAfterMs)
    return this.#generation
  }

  /** Reports a success. */
  succeeded(permit: BreakerPermit): void {
    const state = this.#state
    if (state.kind === 'closed' && state.failures === 0) return
    if (permit === this.#generation) this.#become(onSuccess(state, this.#settings))
  }

  /** Reports a rejection. It counts as a failure only if `error` says that the other side does not work. */
  failed(permit: BreakerPermit, error: unknown): void {
    if (permit === this.#generation) this.#become(this.#after(error))
  }

  /** Reports an operation that lost its connection and starts again, which does not count. */
  cutOff(permit: BreakerPermit): void {
    if (permit === this.#generation) this.#become(onUnknown(this.#state))
  }

  /**
   * Reports the failure of an operation that was not admitted because there was no connection. It counts like a failed
   * attempt.
   */
  blame(error: unknown): void {
    try {
      this.failed(this.acquire(), error)
    } catch {
      // The breaker is open already.
    }
  }

  /** Makes an open breaker half-open, because the other side can be reached again. */
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
