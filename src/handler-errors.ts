import { messageOf } from './mailbox/error-codec.js'
import type { Reporter } from './reporter.js'

/** Counts and logs the errors that handlers of the application throw, by integration. */
export class HandlerErrors {
  readonly #counts = new Map<string, number>()
  readonly #reporter: Reporter

  constructor(reporter: Reporter) {
    this.#reporter = reporter
  }

  of(integration: string): number {
    return this.#counts.get(integration) ?? 0
  }

  /** Counts and logs one error. @param of the queue or method of the handler */
  failed(integration: string, of: string, error: unknown): void {
    this.#counts.set(integration, this.of(integration) + 1)
    this.#reporter.log({
      level: 'warn',
      message: `the handler of ${of} failed`,
      integration,
      error: messageOf(error),
    })
  }
}
