import type { AdapterContext } from '../../../core/adapter/protocol-adapter.js'
import type { RpcOutcome } from '../../../core/adapter/rpc-facet.js'
import { ConnectionError } from '../../../core/errors/connection.js'
import type { Admission, ServedCall } from './handler.js'
import type { ServedMethod } from './served-method.js'

/** Holds the calls that wait for their answer. The memory of their requests counts in the actor's budget. */
export class CallsInFlight {
  readonly #context: Pick<AdapterContext, 'budget' | 'settings'>
  readonly #calls = new Set<ServedCall>()

  constructor(context: Pick<AdapterContext, 'budget' | 'settings'>) {
    this.#context = context
  }

  /** Passes the call to `method` if there is room for it. */
  accept(call: ServedCall, method: ServedMethod): Admission {
    const { budget } = this.#context
    if (budget.isFull) return 'no-memory'
    const counted: ServedCall = { ...call, answer: (outcome) => this.#answer(counted, call, outcome) }
    this.#calls.add(counted)
    budget.take(call.size)
    if (method.deliver(counted)) return 'accepted'
    this.#forget(counted)
    return 'no-room'
  }

  /** Refuses all calls as unavailable. */
  refuseAll(): void {
    const { name: integration } = this.#context.settings
    const error = new ConnectionError('the server is shutting down', { integration })
    // Nothing handles an answer that cannot be sent.
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
