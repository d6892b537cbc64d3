import type { AdapterContext, RpcOutcome } from '../../../core/adapter.js'
import { ConnectionError } from '../../../core/errors.js'
import type { ServedCall, Taken } from './handler.js'
import type { ServedMethod } from './served-method.js'

/** The calls that wait for their answer. The memory of their requests is counted in the budget of the actor. */
export class CallsUnderWay {
  readonly #context: Pick<AdapterContext, 'budget' | 'settings'>
  readonly #calls = new Set<ServedCall>()

  constructor(context: Pick<AdapterContext, 'budget' | 'settings'>) {
    this.#context = context
  }

  /** Gives the call to `method`, if there is room for it. */
  take(call: ServedCall, method: ServedMethod): Taken {
    const { budget } = this.#context
    if (budget.isFull) return 'no-memory'
    const counted: ServedCall = { ...call, answer: (outcome) => this.#answer(counted, call, outcome) }
    this.#calls.add(counted)
    budget.take(call.size)
    if (method.deliver(counted)) return 'taken'
    this.#forget(counted)
    return 'no-room'
  }

  /** Refuses all of them as unavailable. */
  refuseAll(): void {
    const { name: integration } = this.#context.settings
    const error = new ConnectionError('the server shuts down', { integration })
    // An answer that cannot be sent has nobody to tell.
    for (const call of [...this.#calls]) call.answer({ ok: false, error }).catch(() => {})
  }

  #answer(counted: ServedCall, { answer }: ServedCall, outcome: RpcOutcome): Promise<void> {
    this.#forget(counted)
    return answer(outcome)
  }

  #forget(call: ServedCall): void {
    if (this.#calls.delete(call)) this.#context.budget.give(call.size)
  }
}
