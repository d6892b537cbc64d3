import type { BreakerSettings } from '../core/settings/breaker.js'

/** A circuit breaker as data. Times are milliseconds of the clock that the caller passes as `now`. */
export type BreakerCircuit =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly until: number }
  | { readonly kind: 'half-open'; readonly inFlight: number; readonly successes: number }

/**
 * Whether an operation may be attempted now, must wait for the outcome of a probe, or is refused, and the state of the
 * breaker afterwards.
 */
export type Admission =
  | { readonly state: BreakerCircuit; readonly verdict: 'admitted' | 'waits' }
  | { readonly state: BreakerCircuit; readonly verdict: 'refused'; readonly retryAfterMs: number }

/** A breaker that has seen no failure. */
export const CLOSED: BreakerCircuit = { kind: 'closed', failures: 0 }

/**
 * Decides whether one operation may pass. An open breaker becomes half-open when its time is up; a half-open breaker
 * allows at most `successThreshold` probes in flight, and the next operation waits. The caller must report one outcome
 * for each admission: `onSuccess`, `onFailure` or `onUnknown`.
 * @returns a refusal has the milliseconds until the next chance
 */
export function admit(state: BreakerCircuit, settings: BreakerSettings, now: number): Admission {
  switch (state.kind) {
    case 'closed':
      return { state, verdict: 'admitted' }
    case 'open':
      if (now < state.until) return { state, verdict: 'refused', retryAfterMs: state.until - now }
      return { state: { kind: 'half-open', inFlight: 1, successes: 0 }, verdict: 'admitted' }
    case 'half-open':
      if (isProbed(state, settings)) return { state, verdict: 'waits' }
      return { state: { ...state, inFlight: state.inFlight + 1 }, verdict: 'admitted' }
  }
}

/** Whether the breaker is half-open and has as many probes in flight as it allows. */
export function isProbed(state: BreakerCircuit, { successThreshold }: BreakerSettings): boolean {
  return state.kind === 'half-open' && state.inFlight >= Math.max(1, successThreshold)
}

/** The breaker after an admitted operation succeeded. An open breaker stays open. */
export function onSuccess(state: BreakerCircuit, settings: BreakerSettings): BreakerCircuit {
  switch (state.kind) {
    case 'closed':
      return state.failures === 0 ? state : CLOSED
    case 'open':
      return state
    case 'half-open': {
      const successes = state.successes + 1
      if (successes >= settings.successThreshold) return CLOSED
      return { kind: 'half-open', inFlight: state.inFlight - 1, successes }
    }
  }
}

/** The breaker after an admitted operation failed. An open breaker keeps its time. */
export function onFailure(state: BreakerCircuit, settings: BreakerSettings, now: number): BreakerCircuit {
  switch (state.kind) {
    case 'closed': {
      const failures = state.failures + 1
      if (failures < settings.failureThreshold) return { kind: 'closed', failures }
      return { kind: 'open', until: now + settings.timeoutMs }
    }
    case 'open':
      return state
    case 'half-open':
      return { kind: 'open', until: now + settings.timeoutMs }
  }
}

/** The breaker after an admitted operation whose outcome says nothing about the other side. */
export function onUnknown(state: BreakerCircuit): BreakerCircuit {
  return state.kind === 'half-open' ? { ...state, inFlight: state.inFlight - 1 } : state
}
