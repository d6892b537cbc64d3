import type { IncomingRequest } from '../mailbox/requests.js'
import type { InHand } from './in-hand.js'
import type { OperationAttempt } from './operation.js'
import type { Verbs } from './verbs.js'

/** Calls the adapter, and marks the request as in hand during the call, so that a crash can be attributed to it. */
export class Executor {
  readonly #verbs: Verbs
  readonly #inHand: InHand

  constructor(verbs: Verbs, inHand: InHand) {
    this.#verbs = verbs
    this.#inHand = inHand
  }

  /**
   * Makes one attempt.
   * @returns `undefined` if it is done already
   * @throws what the adapter throws, and UnsupportedError
   */
  execute(request: IncomingRequest, attempt: OperationAttempt): Promise<unknown> | undefined {
    this.#inHand.take(request)
    try {
      return this.#verbs.perform(request, attempt)
    } finally {
      this.#inHand.released()
    }
  }
}
