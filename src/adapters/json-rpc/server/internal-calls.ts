import type { AdapterSubscription, MessageSink } from '../../../core/adapter/inbound.js'
import type { RpcOutcome } from '../../../core/adapter/rpc-facet.js'
import type { InboundRequest } from '../../../core/adapter/service-facet.js'
import { RpcError } from '../../../core/errors/rpc.js'
import { FEED_METHOD, type FeedRequest } from '../../../core/internal-methods.js'
import type { Value } from '../../../core/value.js'
import { STOPPED } from './messages.js'

type Sink = MessageSink<InboundRequest>

const EMPTY = new Uint8Array()

/** Asks the host thread through methods that callers cannot call. */
export class InternalCalls {
  readonly #sinks = new Map<string, Sink>()
  /** Ends each unanswered call with an error. */
  readonly #unanswered = new Set<() => void>()

  /** Whether the host serves the method. */
  has(method: string): boolean {
    return this.#sinks.has(method)
  }

  /** Delivers calls of `method` to `sink`. */
  serve(method: string, sink: Sink): AdapterSubscription {
    this.#sinks.set(method, sink)
    // Earlier callers are gone, and their feeds with them.
    const reset: FeedRequest = { op: 'reset' }
    if (method === FEED_METHOD) void this.ask(FEED_METHOD, reset)
    return {
      resume() {},
      close: async () => {
        if (this.#sinks.get(method) === sink) this.#sinks.delete(method)
      },
    }
  }

  /** @returns the answer of the host; `undefined` if it does not serve the method */
  ask(method: string, params: Value): Promise<RpcOutcome> | undefined {
    const sink = this.#sinks.get(method)
    if (sink === undefined) return undefined
    return new Promise((resolve) => {
      const settle = (outcome: RpcOutcome) => {
        this.#unanswered.delete(end)
        resolve(outcome)
      }
      const end = () => settle({ ok: false, error: new RpcError(STOPPED.code, STOPPED.message) })
      this.#unanswered.add(end)
      sink.deliver({ topic: method, params, payload: EMPTY, answer: async (outcome) => settle(outcome) })
    })
  }

  /** Answers every pending call with an error and forgets every method. */
  stop(): void {
    this.#sinks.clear()
    for (const end of [...this.#unanswered]) end()
  }
}
