import { Refusals } from '../adapters/refusals.js'
import { ACCESS_ERRORS } from '../core/access-errors.js'
import type { Authentication, Caller } from '../core/adapter/authentication.js'
import type { AdapterSubscription, MessageSink } from '../core/adapter/inbound.js'
import type { AdapterContext } from '../core/adapter/protocol-adapter.js'
import type { InboundRequest, ServiceFacet } from '../core/adapter/service-facet.js'
import { RpcError } from '../core/errors/rpc.js'
import type { Headers } from '../core/value.js'

/** Requests whose callers are being identified before the broker is held back. */
const MOST_PENDING = 256
/** The header, user property or field with the credentials, in any case of letters. */
const AUTHORIZATION = 'authorization'

/**
 * Authenticates the callers of methods that are served through a broker. The broker delivers their requests, so that
 * the credentials come with each request, and a refusal is an error answer.
 */
export function guardedService(
  facet: ServiceFacet,
  authentication: Authentication,
  context: Pick<AdapterContext, 'refused' | 'clock'>,
): ServiceFacet {
  const refusals = new Refusals(context)
  return {
    async serve(method, sink, attempt) {
      const guarded = new GuardedSink(method, sink, authentication, refusals)
      return guarded.around(await facet.serve(method, guarded, attempt))
    },
  }
}

class GuardedSink implements MessageSink<InboundRequest> {
  readonly #method: string
  readonly #sink: MessageSink<InboundRequest>
  readonly #authentication: Authentication
  readonly #refusals: Refusals
  #subscription: AdapterSubscription | undefined
  #pending = 0
  /** Whether the sink has no room. */
  #isFull = false
  /** Whether the adapter holds requests back. */
  #isHeld = false
  #resumes = 0

  constructor(
    method: string,
    sink: MessageSink<InboundRequest>,
    authentication: Authentication,
    refusals: Refusals,
  ) {
    this.#method = method
    this.#sink = sink
    this.#authentication = authentication
    this.#refusals = refusals
  }

  /** Makes the subscription that the actor gets. */
  around(subscription: AdapterSubscription): AdapterSubscription {
    this.#subscription = subscription
    return {
      resume: () => {
        this.#resumes++
        this.#isFull = false
        this.#release()
      },
      close: () => this.#ending(subscription.close()),
      ...(subscription.detach && { detach: () => this.#ending(subscription.detach!()) }),
    }
  }

  async #ending(end: Promise<void>): Promise<void> {
    await end
    this.#refusals.flush()
  }

  deliver(request: InboundRequest): boolean {
    const { authorization, headers } = split(request.headers)
    const caller = this.#authentication.identify({ authorization })
    if (caller instanceof Promise) void this.#later(request, headers, caller)
    else this.#pass(request, headers, caller)
    this.#isHeld = this.#isFull || this.#pending >= MOST_PENDING
    return !this.#isHeld
  }

  lost(count: number, reason: string): void {
    this.#sink.lost(count, reason)
  }

  end(error: Error): void {
    this.#sink.end(error)
  }

  async #later(
    request: InboundRequest,
    headers: Headers | undefined,
    caller: Promise<Caller>,
  ): Promise<void> {
    this.#pending++
    const identified = await caller
    this.#pending--
    this.#pass(request, headers, identified)
    this.#release()
  }

  #pass(request: InboundRequest, headers: Headers | undefined, caller: Caller): void {
    const access = this.#authentication.access(this.#method, caller)
    const answer: InboundRequest['answer'] = (outcome) => request.answer(outcome)
    if (!access.isAllowed) {
      const { kind, reason } = access.refusal
      this.#refusals.add({
        reason,
        method: this.#method,
        scheme: this.#authentication.scheme,
        // A broker does not tell where a caller is.
        address: undefined,
      })
      const { code, message } = ACCESS_ERRORS[kind]
      // A caller that cannot be reached any more has no use for the answer.
      answer({ ok: false, error: new RpcError(code, message, { reason }) }).catch(() => {})
      return
    }
    const { topic, payload, params } = request
    const { identity } = access
    const before = this.#resumes
    const hasRoom = this.#sink.deliver({
      topic,
      payload,
      params,
      answer,
      ...(headers && { headers }),
      ...(identity && { identity }),
    })
    // It may have had room again before `deliver` returned.
    this.#isFull = !hasRoom && this.#resumes === before
  }

  /** Lets the adapter deliver again. */
  #release(): void {
    if (!this.#isHeld || this.#isFull || this.#pending > MOST_PENDING / 2) return
    this.#isHeld = false
    this.#subscription?.resume()
  }
}

/** Takes the credentials out of the headers: handlers get the identity in place of them. */
function split(headers: Headers | undefined): {
  readonly authorization: string | undefined
  readonly headers: Headers | undefined
} {
  if (headers === undefined) return { authorization: undefined, headers }
  const entries = Object.entries(headers)
  const given = entries.filter(([name]) => name.toLowerCase() === AUTHORIZATION)
  if (given.length === 0) return { authorization: undefined, headers }
  const others = entries.filter(([name]) => name.toLowerCase() !== AUTHORIZATION)
  return {
    // Several are refused.
    authorization: given.map(([, value]) => value).join(', '),
    headers: others.length === 0 ? undefined : Object.fromEntries(others),
  }
}
