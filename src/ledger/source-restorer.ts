import type { Clock } from '../core/clock.js'
import { backoffDelay } from '../resilience/backoff.js'
import { isReopened } from '../resilience/reopen.js'
import { type HostSource, type HostSources, specOf } from './host-sources.js'
import type { Ledger } from './ledger.js'

/** The pauses before a source is requested again after a failure that may pass. */
const REOPEN_BACKOFF = { kind: 'exponential', initialMs: 500, factor: 2, maxMs: 5_000 } as const

export interface SourceRestorerParts {
  readonly clock: Clock
  /** Returns the ledger of the current life. */
  ledger(): Ledger
  readonly sources: HostSources
  /** Whether that life is the current one. */
  isCurrent(life: number): boolean
}

/** Opens the sources of the host again in each new life of the actor, until they are open or permanently refused. */
export class SourceRestorer {
  readonly #dependencies: SourceRestorerParts

  constructor(dependencies: SourceRestorerParts) {
    this.#dependencies = dependencies
  }

  /** Requests a source from a life of the actor. The request enters even if the mailbox is full or the breaker open. */
  restore(source: HostSource, life: number, attempt = 1): void {
    const { ledger, sources } = this.#dependencies
    const options = { source: { ...specOf(source), reopens: true } as const }
    const limits = { signal: source.closing.signal }
    ledger()
      .enter(source.verb, source.target, undefined, options, limits)
      .catch((error: Error) => {
        if (!this.#isWanted(source, life)) return
        // After a time-out or with a busy broker, try again: the source had been granted before.
        if (!isReopened(source.verb, error)) return sources.end(source.id, error)
        source.handler.refused?.(error)
        this.#restoreLater(source, life, attempt)
      })
  }

  #restoreLater(source: HostSource, life: number, attempt: number): void {
    this.#dependencies.clock.setTimer(
      backoffDelay(REOPEN_BACKOFF, 0, attempt, () => 0),
      () => {
        if (this.#isWanted(source, life)) this.restore(source, life, attempt + 1)
      },
      { background: true },
    )
  }

  #isWanted(source: HostSource, life: number): boolean {
    const { sources, isCurrent } = this.#dependencies
    return sources.has(source) && isCurrent(life)
  }
}
