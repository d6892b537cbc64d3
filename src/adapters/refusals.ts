import type { AdapterContext, RefusalReport } from '../core/adapter/protocol-adapter.js'
import type { Clock } from '../core/clock.js'
import { callerAddress } from './caller-address.js'

/** Time between two reports of refusals that were counted, in milliseconds. */
const PERIOD_MS = 1000
/** Maximum number of refusals in a period that are reported one by one. */
const MOST_SINGLE = 20
/** Maximum length of the name of a method in a report: callers choose it. */
const MOST_METHOD = 200

/** A refusal as a listener sees it. */
export interface SeenRefusal {
  readonly reason: string
  readonly method?: string | undefined
  /** How callers are authenticated, if that is why. */
  readonly scheme?: string | undefined
  /** The address of the caller as Node reports it. */
  readonly address: string | undefined
}

/**
 * Reports each refusal of a server for the audit. Callers cause refusals, so that beyond `MOST_SINGLE` in a second they
 * are reported together: one report for each reason, with their number.
 */
export class Refusals {
  readonly #report: AdapterContext['refused']
  readonly #clock: Clock
  #isPeriod = false
  #single = 0
  readonly #counted = new Map<string, number>()

  constructor({ refused, clock }: Pick<AdapterContext, 'refused' | 'clock'>) {
    this.#report = refused
    this.#clock = clock
  }

  add({ reason, method, scheme, address }: SeenRefusal): void {
    this.#beginPeriod()
    if (this.#single < MOST_SINGLE) {
      this.#single++
      const from = callerAddress(address)
      const report: RefusalReport = {
        reason,
        count: 1,
        ...(method !== undefined && { method: method.slice(0, MOST_METHOD) }),
        ...(scheme !== undefined && { scheme }),
        ...(from !== undefined && { address: from }),
      }
      return this.#report(report)
    }
    this.#counted.set(reason, (this.#counted.get(reason) ?? 0) + 1)
  }

  #beginPeriod(): void {
    if (this.#isPeriod) return
    this.#isPeriod = true
    this.#clock.setTimer(PERIOD_MS, () => this.#endPeriod(), { background: true })
  }

  /** Reports what was counted, because the server ends. */
  flush(): void {
    for (const [reason, count] of this.#counted) this.#report({ reason, count })
    this.#counted.clear()
  }

  #endPeriod(): void {
    this.#isPeriod = false
    this.#single = 0
    if (this.#counted.size === 0) return
    this.flush()
    this.#beginPeriod()
  }
}
