import type { Clock } from '../../../core/clock.js'

/** How long a refusal is remembered, in milliseconds. Permissions may change while a connection is open. */
const REMEMBERED_MS = 10_000
const CAPACITY = 1_000

/**
 * The subjects that the server does not permit us to publish to. A refusal arrives after the publish has resolved, so
 * the next publishes to the subject are rejected before they are sent.
 */
export class RefusedSubjects {
  readonly #clock: Clock
  readonly #refused = new Map<string, { readonly text: string; readonly until: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(subject: string, text: string): void {
    if (this.#refused.size >= CAPACITY) this.#refused.clear()
    this.#refused.set(subject, { text, until: this.#clock.monotonic() + REMEMBERED_MS })
  }

  /** Returns the server's reason, or undefined if the subject may be tried. */
  reason(subject: string): string | undefined {
    if (this.#refused.size === 0) return undefined
    const refused = this.#refused.get(subject)
    if (refused === undefined) return undefined
    if (refused.until > this.#clock.monotonic()) return refused.text
    this.#refused.delete(subject)
    return undefined
  }
}
