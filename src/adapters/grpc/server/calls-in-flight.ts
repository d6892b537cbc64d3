import type { AdapterContext } from '../../../core/adapter/protocol-adapter.js'
import type { RpcOutcome } from '../../../core/adapter/rpc-facet.js'
import { ByteBudget } from '../../../core/byte-budget.js'
import { ConnectionError } from '../../../core/errors/connection.js'
import { MemoryShares } from '../../../core/memory-share.js'
import { callerKey } from '../../caller-key.js'
import type { CallerRates } from '../../caller-rates.js'
import type { Refusals } from '../../refusals.js'
import type { Limiters } from './limiters.js'
import type { Admission, ServedCall } from './served-call.js'
import type { ServedMethod } from './served-method.js'

const REASONS = {
  'too-fast': 'too many requests of this caller',
  'no-room': 'too many calls are in flight',
  'no-memory': 'the memory for requests is full',
} as const

/** Holds the calls that wait for their answer. The memory of their requests counts for their caller. */
export class CallsInFlight {
  readonly #context: Pick<AdapterContext, 'settings'>
  readonly #refusals: Refusals
  readonly #rates: CallerRates | undefined
  readonly #calls = new Set<ServedCall>()
  /** The calls of each connection, by its memory. It may have half of those that all others leave. */
  readonly #shares: MemoryShares

  constructor(context: Pick<AdapterContext, 'settings'>, { refusals, rates }: Limiters) {
    this.#context = context
    this.#shares = new MemoryShares(
      new ByteBudget(context.settings.limits.requests ?? Number.MAX_SAFE_INTEGER),
    )
    this.#refusals = refusals
    this.#rates = rates
  }

  /** Passes the call to `method` if there is room for it. */
  accept(call: ServedCall, method: ServedMethod): Admission {
    const admission = this.#accept(call, method)
    if (admission !== 'accepted')
      this.#refusals.add({ reason: REASONS[admission], method: method.name, address: call.address })
    return admission
  }

  #accept(call: ServedCall, method: ServedMethod): Exclude<Admission, 'shutting-down'> {
    if (this.#rates?.admit(callerKey(call.address, call.identity)).isAdmitted === false) return 'too-fast'
    const share = this.#shares.of(call.memory)
    if (!share.mayAdd(1)) return 'no-room'
    if (!call.memory.tryAdd(call.size)) return 'no-memory'
    share.add(1)
    const counted: ServedCall = { ...call, answer: (outcome) => this.#answer(counted, call, outcome) }
    this.#calls.add(counted)
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
    if (!this.#calls.delete(call)) return
    call.memory.add(-call.size)
    this.#shares.of(call.memory).add(-1)
  }
}
