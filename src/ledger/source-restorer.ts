import type { Clock } from '../core/clock.js'
import type { IntegrationError } from '../core/errors/integration-error.js'
import { type HostSource, type HostSources, specOf } from './host-sources.js'
import type { Ledger } from './ledger.js'

/** The pause before a source is requested again after a failure that may pass. */
const REOPEN_PAUSE_MS = 500

export interface RestorerDependencies {
  readonly clock: Clock
  readonly ledger: Ledger
  readonly sources: HostSources
  /** Whether that life is the current one. */
  isCurrent(life: number): boolean
}

/** Opens the sources of the host again in each new life of the actor, until they are open or permanently refused. */
export class SourceRestorer {
  readonly #dependencies: RestorerDependencies

  constructor(dependencies: RestorerDependencies) {
    this.#dependencies = dependencies
  }

  /** Requests a source from a life of the actor. The request enters even if the mailbox is full or the breaker open. */
  restore(source: HostSource, life: number): void {
    const { ledger, sources } = this.#dependencies
    const options = { source: specOf(source) }
    const limits = { signal: source.closing.signal }
    ledger.enter(source.verb, source.target, undefined, options, limits).catch((error: Error) => {
      if (!this.#isWanted(source, life)) return
      // After a time-out or with a busy broker, try again: the source had been granted before.
      if ((error as Partial<IntegrationError>).retryable === true) this.#restoreLater(source, life)
      else sources.end(source.id, error)
    })
  }

  #restoreLater(source: HostSource, life: number): void {
    this.#dependencies.clock.setTimer(
      REOPEN_PAUSE_MS,
      () => {
        if (this.#isWanted(source, life)) this.restore(source, life)
      },
      { background: true },
    )
  }

  #isWanted(source: HostSource, life: number): boolean {
    const { sources, isCurrent } = this.#dependencies
    return sources.has(source) && isCurrent(life)
  }
}
