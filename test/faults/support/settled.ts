import { expect } from 'vitest'
import { IntegrationError } from '../../../src/index.js'
import { waitFor } from '../../support/wait-for.js'

/** What became of a promise of the gateway. */
export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown }

/**
 * Watches promises of a gateway: each must settle, with a value or with an error of the closed list, whatever
 * is done to the thread that works on it.
 */
export class Settlements {
  readonly outcomes: Outcome[] = []
  readonly #open = new Map<number, string>()
  #last = 0

  /** Follows a promise. @param what names it in the message of a failure. */
  follow<T>(what: string, promise: Promise<T>, settled?: (outcome: Outcome) => void): void {
    const id = ++this.#last
    this.#open.set(id, what)
    const end = (outcome: Outcome) => {
      this.#open.delete(id)
      this.outcomes.push(outcome)
      settled?.(outcome)
    }
    promise.then(
      (value) => end({ ok: true, value }),
      (error: unknown) => end({ ok: false, error }),
    )
  }

  get pending(): number {
    return this.#open.size
  }

  /** What has not settled yet. */
  get open(): string[] {
    return [...this.#open.values()]
  }

  get followed(): number {
    return this.#last
  }

  get errors(): unknown[] {
    return this.outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error]))
  }

  /** @throws Error naming the promises that hang. */
  async allSettled(timeoutMs = 20_000): Promise<void> {
    await waitFor(() => this.#open.size === 0, {
      timeoutMs,
      what: () => `${this.#open.size} promises to settle: ${[...this.#open.values()].slice(0, 5).join(', ')}`,
    })
  }

  /** Every rejection is one of the gateway's own errors. */
  expectTyped(): void {
    for (const error of this.errors) expect(error).toBeInstanceOf(IntegrationError)
  }
}
