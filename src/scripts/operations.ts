import { sharedController } from '../core/abort.js'
import { prepareValue } from '../core/prepare-value.js'
import { encodeError } from '../mailbox/error-codec.js'
import { postPrepared } from '../mailbox/post-prepared.js'
import type { FromScript, Outcome, ScriptOperation, ToScript } from '../mailbox/script-protocol.js'

/** Performs an operation of `context.gateway`. @throws IntegrationError */
export type PerformOperation = (
  operation: ScriptOperation,
  args: readonly unknown[],
  signal: AbortSignal,
  /** The actions that the operation follows from. */
  hops: readonly string[],
) => Promise<unknown>

interface Running {
  readonly controller: AbortController
  /** The number of hops of the call that waits for it, if it is an action. */
  readonly waiter: number | undefined
}

/** Performs what the scripts of one thread ask of the gateway. */
export class Operations {
  readonly #perform: PerformOperation
  readonly #post: (message: ToScript) => void
  readonly #running = new Map<number, Running>()
  /** Actions in flight, by the number of hops of the call that waits for them. */
  readonly #actions: number[] = []

  constructor(perform: PerformOperation, post: (message: ToScript) => void) {
    this.#perform = perform
    this.#post = post
  }

  /** Performs an operation and answers it. Never rejects. */
  async ask({ id, operation, args, hops = [] }: FromScript & { readonly kind: 'ask' }): Promise<void> {
    const controller = sharedController()
    const waiter = operation === 'action' ? hops.length : undefined
    this.#running.set(id, { controller, waiter })
    if (waiter !== undefined) this.#actions[waiter] = (this.#actions[waiter] ?? 0) + 1
    const outcome = await this.#outcome(operation, args, controller.signal, hops)
    // An abandoned operation has no one who waits for it.
    if (this.#finish(id) !== undefined) this.#answer(id, outcome)
  }

  /** Cancels an operation. */
  abandon(id: number): void {
    this.#finish(id)?.controller.abort()
  }

  /** Whether an action is in flight. */
  get hasActions(): boolean {
    return this.#actions.some((count) => count > 0)
  }

  /** How many actions are in flight that a call with so many hops may be a part of. */
  actionsBefore(hops: number): number {
    let count = 0
    for (let i = 0; i < hops; i++) count += this.#actions[i] ?? 0
    return count
  }

  /** Leaves all operations to themselves: what the thread has published or sent is on its way. */
  end(): void {
    this.#running.clear()
  }

  #finish(id: number): Running | undefined {
    const running = this.#running.get(id)
    this.#running.delete(id)
    if (running?.waiter !== undefined) this.#actions[running.waiter]!--
    return running
  }

  #answer(id: number, outcome: Outcome): void {
    if (!outcome.ok) return this.#post({ kind: 'answer', id, outcome })
    try {
      postPrepared(outcome.value, (value) => this.#post({ kind: 'answer', id, outcome: { ok: true, value } }))
    } catch (error) {
      this.#post({ kind: 'answer', id, outcome: { ok: false, error: encodeError(error) } })
    }
  }

  async #outcome(
    operation: ScriptOperation,
    args: readonly unknown[],
    signal: AbortSignal,
    hops: readonly string[],
  ): Promise<Outcome> {
    try {
      return { ok: true, value: prepareValue(await this.#perform(operation, args, signal, hops)) }
    } catch (error) {
      return { ok: false, error: encodeError(error) }
    }
  }
}
