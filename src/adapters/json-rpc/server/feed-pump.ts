import type { Clock } from '../../../core/clock.js'

/** A subscriber of a feed. */
export interface FeedReader {
  /** Sends what the feed has for it, as far as its caller reads. Must not throw. */
  pump(): void
}

/** How long readers are served in one turn of the event loop, in milliseconds. */
const TURN_MS = 5

/** Serves readers in turns, so that many notifications do not delay other callers. */
export class FeedPump {
  readonly #clock: Clock
  readonly #due = new Set<FeedReader>()
  #isScheduled = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Serves a reader in this turn or a later one. Readers are served in order. */
  add(reader: FeedReader): void {
    this.#due.add(reader)
  }

  /** Serves readers for a while. Has no effect while some wait for the next turn. */
  run(): void {
    if (this.#isScheduled) return
    const end = this.#clock.monotonic() + TURN_MS
    for (const reader of this.#due) {
      this.#due.delete(reader)
      reader.pump()
      if (this.#clock.monotonic() >= end) break
    }
    if (this.#due.size === 0) return
    this.#isScheduled = true
    this.#clock.nextTurn(() => {
      this.#isScheduled = false
      this.run()
    })
  }
}
