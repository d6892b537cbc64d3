import type { AnswerEntry, CallEntry, RequestEntry, RpcFault } from '../../brokers/memory/line.js'
import type {
  AdapterSubscription,
  Attempt,
  InboundRequest,
  MessageSink,
  RpcOutcome,
} from '../../core/adapter.js'
import type { ByteBudget } from '../../core/byte-budget.js'
import { CancelledError, RpcError, SerializeError, SubscribeError } from '../../core/errors.js'
import type { Value } from '../../core/value.js'
import type { Carrier } from '../../wire/carrier.js'
import { checkCarried } from '../../wire/check.js'
import { completeLimits } from '../../wire/limits.js'
import { fieldFault, LOCAL, period } from './fields.js'
import { Inbound } from './inbound.js'
import type { Link, Waiting } from './link.js'
import { heldBytes, sizeOf } from './size.js'

/** JSON-RPC 2.0, section 5.1. */
const INTERNAL_ERROR = -32_603
const INVALID_REQUEST = -32_600
const NOTHING = new Uint8Array(0)

/** Structured clone carries more than this, but other protocols do not, and this one stands in for them. */
const CARRIER: Carrier = {
  name: 'memory',
  ...completeLimits(),
  bytes: true,
  nonFinite: true,
  anyText: true,
}

/** A request, and how the broker hears of its outcome. */
interface Incoming {
  readonly request: InboundRequest
  readonly notification: boolean
  readonly size: number
  settle(outcome: RpcOutcome): Promise<void>
  /** Another server of the method gets the request. */
  decline(): void
}

interface Service {
  readonly method: string
  readonly inbound: Inbound<Incoming>
}

/** Calling and serving methods over one link. Parameters and results cross as values, by structured clone. */
export class Services {
  readonly #link: Link
  readonly #budget: ByteBudget
  readonly #largest: number
  readonly #services = new Map<number, Service>()

  /** @param largest bytes of parameters; what is larger is refused. */
  constructor(link: Link, budget: ByteBudget, largest: number) {
    this.#largest = largest
    this.#link = link
    this.#budget = budget
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
    const fault = fieldFault(method)
    if (fault !== undefined) throw new SubscribeError(String(method), fault, LOCAL)
    const service = this.#link.number()
    const refusal: Waiting['refusal'] = (reason, context) => new SubscribeError(method, reason, context)
    const hand = (incoming: Incoming) => {
      const room = sink.deliver(incoming.request)
      if (incoming.notification) tell(incoming, { ok: true, value: null })
      return room
    }
    const inbound = new Inbound(hand, { budget: this.#budget, sizeOf: ({ size }) => size })
    this.#services.set(service, { method, inbound })
    const close = async () => {
      if (!this.#services.delete(service)) return
      const entry = (id: number) => ({ op: 'unserve', id, service }) as const
      const ended = this.#link.request(entry, undefined, 'end a service', refusal).catch(() => {})
      // The broker has ended the service by the time it hears of these: another one of the method gets them.
      for (const incoming of inbound.close()) incoming.decline()
      await ended
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
    const { request } = entry
    if (service === undefined) return this.#link.send({ op: 'decline', request })
    const { isHolding } = service.inbound
    if (isHolding && this.#budget.isFull) return this.#link.send({ op: 'decline', request, busy: true })
    // Only what is held is counted: to measure a value takes as long as to copy it.
    const size = isHolding ? heldBytes(entry.params) : 0
    service.inbound.deliver(this.#incoming(entry, service.method, size))
  }

  /** No sink receives anything more. */
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
    const fault = fieldFault(method)
    if (fault !== undefined) throw new RpcError(INVALID_REQUEST, fault, undefined, LOCAL)
    if (params !== undefined) this.#check(params)
    const entry = (id: number): CallEntry => ({
      op: 'call',
      id,
      method,
      deadline: period(context.deadline),
      ...(params !== undefined && { params }),
      ...(notification && { notification }),
    })
    const refusal: Waiting['refusal'] = (reason, context) =>
      new RpcError(INTERNAL_ERROR, reason, undefined, context)
    return this.#link.request(entry, undefined, `call ${method}`, refusal)
  }

  /** @throws SerializeError */
  #check(params: Value): void {
    checkCarried(params, CARRIER)
    const size = sizeOf(params)
    if (size > this.#largest)
      throw new SerializeError(
        `parameters of about ${size} bytes are larger than limits.frame (${this.#largest})`,
        LOCAL,
      )
  }

  #incoming(entry: RequestEntry, method: string, size: number): Incoming {
    const notification = entry.notification === true
    let settled = false
    const settle = async (outcome: RpcOutcome) => {
      if (settled) return
      settled = true
      if (this.#link.closed) throw this.#link.closed
      this.#link.send(answerEntry(entry.request, notification ? outcome : carried(outcome)))
    }
    const decline = () => {
      settled = true
      this.#link.send({ op: 'decline', request: entry.request })
    }
    // A notification is acknowledged when a sink has taken it; what the server answers is dropped.
    const answer = notification ? async () => {} : settle
    const request = { topic: method, payload: NOTHING, params: entry.params, answer }
    return { request, notification, size, settle, decline }
  }
}

/** The outcome, or an error that says why it cannot be carried. */
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

/** Without a line the broker has answered the caller already. */
function tell(incoming: Incoming, outcome: RpcOutcome): void {
  incoming.settle(outcome).catch(() => {})
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
