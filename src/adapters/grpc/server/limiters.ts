import type { CallerRates } from '../../caller-rates.js'
import type { Refusals } from '../../refusals.js'

/** What limits the callers of a listener. */
export interface Limiters {
  readonly refusals: Refusals
  /** Limits the rate of each caller; absent without such a limit. */
  readonly rates: CallerRates | undefined
}
