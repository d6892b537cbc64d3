import type { Timer } from '../../core/clock.js'
import { ShutdownError } from '../../core/errors/lifecycle.js'
import type { Feed, FeedDependencies } from './feed.js'
import { retryDelay } from './retry-delay.js'

export interface StreamDependencies extends FeedDependencies {
  /**
   * Opens the subscription or consumer and takes its messages until it ends. Resolves when the gateway shuts down.
   * @throws why it cannot be opened, or has ended
   */
  run(): Promise<void>
}

/** Keeps a subscription or a consumer open. After failures it waits longer and longer before it opens it again. */
export class StreamFeed implements Feed {
  readonly #parts: StreamDependencies
  #failures = 0
  #timer: Timer | undefined
  #isStopped = false
  #close: () => Promise<void> = async () => {}

  constructor(parts: StreamDependencies) {
    this.#parts = parts
  }

  start(): void {
    void this.#run()
  }

  poke(): void {
    if (this.#timer === undefined || this.#isStopped) return
    this.#timer.cancel()
    this.#timer = undefined
    void this.#run()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** Called with a function that ends the source at the broker. */
  closing(close: () => Promise<void>): void {
    this.#close = close
  }

  close(): Promise<void> {
    return this.#close()
  }

  /** Called when the source is open. */
  opened(): void {
    this.#failures = 0
    this.#parts.source.opened()
  }

  async #run(): Promise<void> {
    const { clock, random, run, source, failed } = this.#parts
    try {
      await run()
    } catch (error) {
      if (this.#isStopped || error instanceof ShutdownError) return
      this.#failures++
      failed(error as Error, source.fail(error as Error))
      this.#timer = clock.setTimer(retryDelay(this.#failures, error, random), () => {
        this.#timer = undefined
        void this.#run()
      })
    }
  }
}
