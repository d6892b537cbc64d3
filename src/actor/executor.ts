import type { Operation, OperationAttempt } from './operation.js'
import type { Verbs } from './verbs.js'

/** Calls the adapter, and marks the request as in hand during the call, so that a crash can be attributed to it. */
export class Executor {
  readonly #verbs: Verbs

  constructor(verbs: Verbs) {
    this.#verbs = verbs
  }

  /**
   * Makes one attempt.
   * @returns `undefined` if it is done already
   * @throws what the adapter throws, and UnsupportedError
   */
  execute({ request, origin }: Operation, attempt: OperationAttempt): Promise<unknown> | undefined {
    const { inHand } = origin
    inHand.take(request)
    try {
      return this.#verbs.perform(request, attempt)
    } finally {
      inHand.released()
    }
  }
}

/** Whether a value is a promise. A custom adapter may return a plain value instead. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'
}
