import type { Caller } from '../core/adapter/authentication.js'
import type { Clock, Timer } from '../core/clock.js'

/**
 * Waits until the token of a caller expires.
 * @param onExpiry called once, unless the timer is cancelled
 * @returns the timer; `undefined` if nothing expires
 */
export function watchExpiry(who: Caller, clock: Clock, onExpiry: () => void): Timer | undefined {
  if (who.kind !== 'known' || !Number.isFinite(who.expiresAt)) return undefined
  const { expiresAt } = who
  let timer: Timer
  const watch = () => {
    timer = clock.setTimer(expiresAt - clock.now(), check, { background: true })
  }
  const check = () => {
    // A long wait takes several timers, and the system clock may have been set.
    if (clock.now() < expiresAt) watch()
    else onExpiry()
  }
  watch()
  return { cancel: () => timer.cancel() }
}
