import { sharedController } from '../../core/abort.js'
import type { Attempt } from '../../core/adapter.js'

/** One of several operations that travel in one request. */
export interface Passenger {
  readonly operation: Attempt
  /** `clock.monotonic()` milliseconds at which its attempt is given up. */
  readonly deadline: number
  reject(reason: unknown): void
}

/**
 * Several operations as the context of the one request that carries them: it is given up when all of them are, and
 * one that is given up alone leaves the others their answer.
 */
export class SharedOperation implements Attempt {
  readonly deadline: number
  readonly #passengers: readonly Passenger[]
  #controller: AbortController | undefined

  constructor(passengers: readonly Passenger[]) {
    this.#passengers = passengers
    let latest = 0
    for (const { deadline } of passengers) if (deadline > latest) latest = deadline
    this.deadline = latest
  }

  // The signals of all are made and listened to when the request is asked for its own: few last that long.
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = sharedController()
      this.#watch(this.#controller)
    }
    return this.#controller.signal
  }

  #watch(controller: AbortController): void {
    let aboard = this.#passengers.length
    for (const passenger of this.#passengers) {
      const { signal } = passenger.operation
      const leave = () => {
        passenger.reject(signal.reason)
        if (--aboard === 0) controller.abort(signal.reason)
      }
      if (signal.aborted) leave()
      else signal.addEventListener('abort', leave, { once: true })
    }
  }
}
