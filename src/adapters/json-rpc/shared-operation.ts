import { sharedController } from '../../core/abort.js'
import type { Attempt } from '../../core/adapter/attempt.js'

/** One of several attempts that share a request. */
export interface BatchedAttempt {
  readonly operation: Attempt
  /** Deadline of the attempt, in `clock.monotonic()` milliseconds. */
  readonly deadline: number
  reject(reason: unknown): void
}

/**
 * Combines several attempts into the context of the one request that carries them. The request is aborted when all
 * of them are; an attempt aborted alone leaves the others their answer.
 */
export class SharedOperation implements Attempt {
  readonly deadline: number
  readonly #attempts: readonly BatchedAttempt[]
  #controller: AbortController | undefined

  constructor(attempts: readonly BatchedAttempt[]) {
    this.#attempts = attempts
    let latest = 0
    for (const { deadline } of attempts) if (deadline > latest) latest = deadline
    this.deadline = latest
  }

  // The signals are created on first access, because few requests last long enough to need them.
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = sharedController()
      this.#watch(this.#controller)
    }
    return this.#controller.signal
  }

  answered(bytes: number): void {
    const each = Math.ceil(bytes / this.#attempts.length)
    for (const { operation } of this.#attempts) operation.answered?.(each)
  }

  #watch(controller: AbortController): void {
    let remaining = this.#attempts.length
    for (const attempt of this.#attempts) {
      const { signal } = attempt.operation
      const onAbort = () => {
        attempt.reject(signal.reason)
        if (--remaining === 0) controller.abort(signal.reason)
      }
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort, { once: true })
    }
  }
}
