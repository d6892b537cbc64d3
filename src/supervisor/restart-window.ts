import type { SupervisorFlags } from './child-spec.js'

/** The times of the restarts that still count, newest first; monotonic milliseconds. */
export type RestartWindow = readonly number[]

/** No restart yet. */
export const NO_RESTARTS: RestartWindow = []

/**
 * Counts one restart (OTP's `add_restart`): allowed unless it makes *more than* `intensity` restarts within
 * `periodMs`, this one included, so that an intensity of 0 allows none.
 *
 * The period is inclusive as in OTP: a restart exactly `periodMs` ago still counts. OTP compares whole
 * seconds; we compare milliseconds.
 * @param now monotonic milliseconds, not before the newest in the window.
 * @returns the window with this restart and without those that no longer count, also when it is refused.
 */
export function addRestart(
  window: RestartWindow,
  now: number,
  flags: Pick<SupervisorFlags, 'intensity' | 'periodMs'>,
): { readonly window: RestartWindow; readonly allowed: boolean } {
  const oldest = now - flags.periodMs
  const counted = [now, ...window.filter((restart) => restart >= oldest)]
  return { window: counted, allowed: counted.length <= flags.intensity }
}
