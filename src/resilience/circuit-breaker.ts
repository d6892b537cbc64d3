import type { Clock } from '../core/clock.js'
import { CircuitOpenError } from '../core/errors/limits.js'
import type { BreakerSettings } from '../core/settings/breaker.js'
import {
  admit,
  type BreakerCircuit,
  CLOSED,
  isProbed,
  onFailure,
  onSuccess,
  onUnknown,
} from './breaker-state.js'
import { verdictOf } from './classify.js'

/**
 * The state of the breaker in which an operation was admitted, or began to wait. The caller passes it back once, with
 * the outcome.
 */
export type BreakerPermit = number

const HALF_OPEN: BreakerCircuit = { kind: 'half-open', inFlight: 0, successes: 0 }

/** Called when the breaker changes between closed, open and half-open. Must not throw. */
export type BreakerListener = (state: BreakerCircuit, previous: BreakerCircuit) => void

/**
 * Stops an integration from sending requests to a service that does not work.
 *
 * The caller must report one outcome for each `acquire`. An outcome belongs to the state in which its permit was taken:
 * after a new connection, or a change between closed, open and half-open, it is out of date and ignored.
 */
export class CircuitBreaker {
  #state: BreakerCircuit = CLOSED
  /** Counts new connections and changes of kind. A permit of an earlier generation is ignored. */
  #generation = 0
  readonly #settings: BreakerSettings
  readonly #clock: Clock
  readonly #onChange: BreakerListener
  readonly #onProbed: () => void

  /** @param onProbed called when a probe has ended: operations that wait for it may ask again. Must not throw */
  constructor(
    settings: BreakerSettings,
    clock: Clock,
    onChange: BreakerListener = () => {},
    onProbed: () => void = () => {},
  ) {
    this.#settings = settings
    this.#clock = clock
    this.#onChange = onChange
    this.#onProbed = onProbed
  }

  /** The current state; `until` is in milliseconds of `clock.monotonic()`. */
  get state(): BreakerCircuit {
    return this.#state
  }

  /** Whether the next operation must wait for the outcome of a probe. */
  get isProbed(): boolean {
    return isProbed(this.#state, this.#settings)
  }

  /** For an operation that waits for the connection, to be passed to `blame`. */
  get generation(): BreakerPermit {
    return this.#generation
  }

  /**
   * Asks to attempt an operation.
   * @returns undefined if the operation must wait for the outcome of a probe
   * @throws CircuitOpenError if none may be attempted now
   */
  acquire(): BreakerPermit | undefined {
    if (this.#state.kind === 'closed') return this.#generation
    const admission = admit(this.#state, this.#settings, this.#clock.monotonic())
    this.#become(admission.state)
    if (admission.verdict === 'refused') throw new CircuitOpenError(admission.retryAfterMs)
    return admission.verdict === 'waits' ? undefined : this.#generation
  }

  /**
   * Asks to attempt an operation that may last long although the service works. Its outcome counts, but it is not one
   * of the probes for which others wait.
   * @throws CircuitOpenError if none may be attempted now
   */
  acquireLasting(): BreakerPermit {
    if (this.#state.kind === 'closed') return this.#generation
    const admission = admit(this.#state, this.#settings, this.#clock.monotonic())
    if (admission.verdict === 'refused') throw new CircuitOpenError(admission.retryAfterMs)
    if (this.#state.kind === 'open') this.#become(HALF_OPEN)
    return ~this.#generation
  }

  /** Reports a success. */
  succeeded(permit: BreakerPermit): void {
    const state = this.#state
    if (state.kind === 'closed' && state.failures === 0) return
    this.#ended(permit, (current) => onSuccess(current, this.#settings))
  }

  /** Reports a rejection. It counts as a failure only if `error` says that the other side does not work. */
  failed(permit: BreakerPermit, error: unknown): void {
    this.#ended(permit, (current) => this.#after(current, error))
  }

  /** Reports an operation that lost its connection and does not count. */
  cutOff(permit: BreakerPermit): void {
    this.#ended(permit, onUnknown)
  }

  /**
   * Reports the failure of an operation that was not admitted because there was no connection. It counts like a failed
   * attempt.
   * @param permit the `generation` in which it began to wait
   */
  blame(permit: BreakerPermit, error: unknown): void {
    if (permit !== this.#generation) return
    const admission = admit(this.#state, this.#settings, this.#clock.monotonic())
    if (admission.verdict !== 'admitted') return
    this.#become(admission.state)
    this.failed(this.#generation, error)
  }

  /** Handles a new connection: an open breaker becomes half-open, because the other side can be reached again. */
  reachable(): void {
    this.#generation++
    if (this.#state.kind === 'closed') return
    this.#become(HALF_OPEN)
    this.#onProbed()
  }

  #ended(permit: BreakerPermit, next: (state: BreakerCircuit) => BreakerCircuit): void {
    const state = this.#stateOf(permit)
    if (state === undefined) return
    const wasHalfOpen = state.kind === 'half-open'
    this.#become(next(state))
    if (wasHalfOpen) this.#onProbed()
  }

  /** The state to which an outcome belongs; undefined if the outcome is out of date. */
  #stateOf(permit: BreakerPermit): BreakerCircuit | undefined {
    const state = this.#state
    if (permit === this.#generation) return state
    if (permit !== ~this.#generation) return undefined
    // Takes a place for the moment, because its end frees one.
    return state.kind === 'half-open' ? { ...state, inFlight: state.inFlight + 1 } : state
  }

  #after(state: BreakerCircuit, error: unknown): BreakerCircuit {
    switch (verdictOf(error)) {
      case 'success':
        return onSuccess(state, this.#settings)
      case 'failure':
        return onFailure(state, this.#settings, this.#clock.monotonic())
      case 'unknown':
        return onUnknown(state)
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
