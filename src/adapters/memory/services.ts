import type { AnswerEntry, CallEntry, RequestEntry, RpcFault } from '../../brokers/memory/line.js'
import type {
  AdapterSubscription,
  Attempt,
  InboundRequest,
  MessageSink,
  RpcOutcome,
} from '../../core/adapter.js'
import { CancelledError, RpcError, SubscribeError } from '../../core/errors.js'
import type { Value } from '../../core/value.js'
import type { Carrier } from '../../wire/carrier.js'
import { checkCarried } from '../../wire/check.js'
import { completeLimits } from '../../wire/limits.js'
import { period } from './fields.js'
import { Inbound } from './inbound.js'
import type { Link } from './link.js'

const METHOD_NOT_FOUND = -32_601
const INTERNAL_ERROR = -32_603
/** Stands for the name of a method whose service is forgotten. */
const ENDED = 'of a service that has ended'
const NOTHING = new Uint8Array(0)

/** Structured clone carries more than this, but other protocols do not, and this one stands in for them. */
const CARRIER: Carrier = {
  name: 'memory',
  ...completeLimits(),
  bytes: true,
  nonFinite: true,
  anyText: true,
}

/** A request with what the broker is to be told of it. */
interface Incoming {
  readonly request: InboundRequest
  readonly notification: boolean
  settle(outcome: RpcOutcome): Promise<void>
}

interface Service {
  readonly method: string
  readonly inbound: Inbound<Incoming>
}

/** Calling and serving methods over one link. Parameters and results cross as values, by structured clone. */
export class Services {
  readonly #link: Link
  readonly #services = new Map<number, Service>()

  constructor(link: Link) {
    this.#link = link
  }

  call(method: string, params: Value | undefined, context: Attempt): Promise<Value> {
    return this.#ask(method, params, context, false)
  }

  /** Resolves when a server has taken it. */
  async notify(method: string, params: Value | undefined, context: Attempt): Promise<void> {
    await this.#ask(method, params, context, true)
  }

  async serve(
    method: string,
    sink: MessageSink<InboundRequest>,
    context: Attempt,
  ): Promise<AdapterSubscription> {
    const service = this.#link.number()
    const refusal = (reason: string, retryable: boolean) => new SubscribeError(method, reason, { retryable })
    const inbound = new Inbound<Incoming>((incoming) => {
      const room = sink.deliver(incoming.request)
      if (incoming.notification) tell(incoming, { ok: true, value: null })
      return room
    })
    this.#services.set(service, { method, inbound })
    const close = async () => {
      if (!this.#services.delete(service)) return
      for (const incoming of inbound.close()) decline(incoming)
      const entry = (id: number) => ({ op: 'unserve', id, service }) as const
      await this.#link.request(entry, undefined, 'end a service', refusal).catch(() => {})
    }
    try {
      const entry = (id: number) => ({ op: 'serve', id, service, method }) as const
      await this.#link.request(entry, undefined, `serve ${method}`, refusal)
    } catch (error) {
      this.#services.delete(service)
      throw error
    }
    if (context.signal.aborted) {
      await close()
      throw new CancelledError({ cause: context.signal.reason })
    }
    return { resume: () => inbound.resume(), close }
  }

  deliver(entry: RequestEntry): void {
    const service = this.#services.get(entry.service)
    const incoming = this.#incoming(entry, service?.method)
    if (service) service.inbound.deliver(incoming)
    else decline(incoming)
  }

  /** No sink hears anything more. */
  close(): void {
    for (const { inbound } of this.#services.values()) inbound.close()
    this.#services.clear()
  }

  async #ask(
    method: string,
    params: Value | undefined,
    context: Attempt,
    notification: boolean,
  ): Promise<Value> {
    if (params !== undefined) checkCarried(params, CARRIER)
    const entry = (id: number): CallEntry => ({
      op: 'call',
      id,
      method,
      deadline: period(context.deadline),
      ...(params !== undefined && { params }),
      ...(notification && { notification }),
    })
    const refusal = (reason: string, retryable: boolean) =>
      new RpcError(INTERNAL_ERROR, reason, undefined, { retryable })
    return this.#link.request(entry, undefined, `call ${method}`, refusal)
  }

  #incoming(entry: RequestEntry, method = ENDED): Incoming {
    const notification = entry.notification === true
    let settled = false
    const settle = async (outcome: RpcOutcome) => {
      if (settled) return
      settled = true
      if (this.#link.closed) throw this.#link.closed
      this.#link.send(answerEntry(entry.request, notification ? outcome : carried(outcome)))
    }
    // Who notifies hears that a sink has taken it; what the server answers goes nowhere.
    const answer = notification ? async () => {} : settle
    const request = { topic: method, payload: NOTHING, params: entry.params, answer }
    return { request, notification, settle }
  }
}

/** The outcome, or what the caller is told of one that cannot be carried. */
function carried(outcome: RpcOutcome): RpcOutcome {
  if (!outcome.ok) return outcome
  try {
    checkCarried(outcome.value, CARRIER)
    return outcome
  } catch (error) {
    const { message } = error as Error
    return { ok: false, error: new RpcError(INTERNAL_ERROR, `the answer cannot be sent: ${message}`) }
  }
}

/** Without a line the broker has told the caller already. */
function tell(incoming: Incoming, outcome: RpcOutcome): void {
  incoming.settle(outcome).catch(() => {})
}

/** Answers what reached a service after its end, as the broker would have a moment later. */
function decline(incoming: Incoming): void {
  const error = new RpcError(METHOD_NOT_FOUND, `no server for method ${incoming.request.topic}`)
  tell(incoming, { ok: false, error })
}

const answerEntry = (request: number, outcome: RpcOutcome): AnswerEntry =>
  outcome.ok
    ? { op: 'answer', request, value: outcome.value }
    : { op: 'answer', request, fault: rpcFault(outcome.error) }

function rpcFault(error: Error): RpcFault {
  if (!(error instanceof RpcError)) return { kind: 'rpc', code: INTERNAL_ERROR, message: error.message }
  const { code, message, data } = error
  return { kind: 'rpc', code, message, ...(data !== undefined && { data: data as Value }) }
}
