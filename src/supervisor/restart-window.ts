import type { SupervisorFlags } from './child-spec.js'

/** The times of the restarts within the period, newest first, in monotonic milliseconds. */
export type RestartWindow = readonly number[]

/** No restart yet. */
export const NO_RESTARTS: RestartWindow = []

/**
 * Counts one restart (OTP's `add_restart`). It is allowed if there are at most `intensity` restarts within `periodMs`,
 * including this one.
 *
 * The period is inclusive as in OTP: a restart exactly `periodMs` ago counts. OTP compares whole seconds, and this
 * function milliseconds.
 * @param now monotonic milliseconds, not before the newest in the window
 * @returns the window with this restart, even if it is refused, and without those before the period
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
