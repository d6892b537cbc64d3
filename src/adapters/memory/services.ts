import {
  type AnswerEntry,
  type CallEntry,
  RESULT_WINDOW,
  type RequestEntry,
  type RpcFault,
} from '../../brokers/memory/line.js'
import type { Attempt } from '../../core/adapter/attempt.js'
import type { AdapterSubscription, MessageSink } from '../../core/adapter/inbound.js'
import type { RpcOutcome } from '../../core/adapter/rpc-facet.js'
import type { InboundRequest } from '../../core/adapter/service-facet.js'
import type { ByteBudget } from '../../core/byte-budget.js'
import { SerializeError } from '../../core/errors/operation.js'
import { SubscribeError } from '../../core/errors/pubsub.js'
import { RpcError } from '../../core/errors/rpc.js'
import type { IncomingAnswers } from '../../core/incoming-answers.js'
import type { Value } from '../../core/value.js'
import type { Carrier } from '../../wire/carrier.js'
import { checkCarried } from '../../wire/check.js'
import { completeLimits } from '../../wire/limits.js'
import { abortFailure } from '../abort.js'
import type { Connection, PendingRequest } from './connection.js'
import { fieldFault, LOCAL, period } from './fields.js'
import { Inbound } from './inbound.js'
import { heldBytes, sizeOf } from './size.js'

/** Error codes (JSON-RPC 2.0, section 5.1). */
const INTERNAL_ERROR = -32_603
const INVALID_REQUEST = -32_600
const NO_BYTES = new Uint8Array(0)
/** Credit for results is returned in steps of this size. */
const CREDIT_BYTES = RESULT_WINDOW / 8

/**
 * What values may hold. Structured clone carries more, but the other protocols, whose stand-in this one is, do not.
 */
const CARRIER: Carrier = {
  name: 'memory',
  ...completeLimits(),
  bytes: true,
  nonFinite: true,
  anyText: true,
}

/** A request, with the functions that send its outcome to the broker. */
interface Incoming {
  readonly request: InboundRequest
  readonly notification: boolean
  readonly size: number
  settle(outcome: RpcOutcome): Promise<void>
  /** Returns the request to the broker, which passes it to another server of the method. */
  decline(): void
}

interface Service {
  readonly method: string
  readonly inbound: Inbound<Incoming>
}

/** Calls and serves methods over one connection. Parameters and results cross by structured clone. */
export class Services {
  readonly #connection: Connection
  readonly #budget: ByteBudget
  readonly #largest: number
  readonly #services = new Map<number, Service>()
  readonly #answers: IncomingAnswers
  /** Weight of the results for which no credit was returned. */
  #uncredited = 0
  #isCrediting = false

  /** @param largest maximum size of parameters in bytes; larger ones are refused */
  constructor(connection: Connection, budget: ByteBudget, answers: IncomingAnswers, largest: number) {
    this.#answers = answers
    this.#largest = largest
    this.#connection = connection
    this.#budget = budget
  }

  call(method: string, params: Value | undefined, context: Attempt): Promise<Value> {
    return this.#ask(method, params, context, false)
  }

  /** Sends a notification. Resolves when a server has accepted it. */
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
    const service = this.#connection.number()
    const refusal: PendingRequest['refusal'] = (reason, context) =>
      new SubscribeError(method, reason, context)
    const hand = (incoming: Incoming) => {
      const room = sink.deliver(incoming.request)
      if (incoming.notification) acknowledge(incoming, { ok: true, value: null })
      return room
    }
    const inbound = new Inbound(hand, { budget: this.#budget, sizeOf: ({ size }) => size })
    this.#services.set(service, { method, inbound })
    const close = async () => {
      if (!this.#services.delete(service)) return
      const entry = (id: number) => ({ op: 'unserve', id, service }) as const
      const ended = this.#connection.request(entry, undefined, 'end a service', refusal).catch(() => {})
      // The broker processes the end of the service first, so that another server of the method gets these.
      for (const incoming of inbound.close()) incoming.decline()
      await ended
    }
    try {
      const entry = (id: number) => ({ op: 'serve', id, service, method }) as const
      await this.#connection.request(entry, undefined, `serve ${method}`, refusal)
    } catch (error) {
      this.#services.delete(service)
      throw error
    }
    if (context.signal.aborted) {
      await close()
      throw abortFailure(`serve ${method}`, context.signal)
    }
    return { resume: () => inbound.resume(), close }
  }

  deliver(entry: RequestEntry): void {
    const service = this.#services.get(entry.service)
    const { request } = entry
    if (service === undefined) return this.#connection.send({ op: 'decline', request })
    const { isBuffering } = service.inbound
    if (isBuffering && this.#budget.isFull)
      return this.#connection.send({ op: 'decline', request, busy: true })
    // Only buffered requests are measured, because measuring a value takes as long as copying it.
    const size = isBuffering ? heldBytes(entry.params) : 0
    service.inbound.deliver(this.#incoming(entry, service.method, size))
  }

  /** Stops all deliveries. */
  close(): void {
    for (const { inbound } of this.#services.values()) inbound.close()
    this.#services.clear()
  }

  /** Sends an outcome. Resolves when it is on its way to the caller. */
  #sendAnswer(request: number, method: string, outcome: RpcOutcome): Promise<void> {
    const answer = answerEntry(request, outcome)
    const refusal: PendingRequest['refusal'] = (reason, context) =>
      new RpcError(INTERNAL_ERROR, reason, undefined, context)
    return this.#connection.request((id) => ({ ...answer, id }), undefined, `answer ${method}`, refusal)
  }

  #credit(): void {
    this.#isCrediting = false
    const weight = this.#uncredited
    this.#uncredited = 0
    this.#connection.send({ op: 'took', weight })
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
    const refusal: PendingRequest['refusal'] = (reason, context) =>
      new RpcError(INTERNAL_ERROR, reason, undefined, context)
    const answered = (weight: number) => context.answered?.(weight)
    return this.#connection.request(entry, undefined, `call ${method}`, refusal, answered)
  }

  /** Returns credit for a result, when the memory has room for another one. */
  result(weight: number): void {
    this.#uncredited += weight
    if (this.#uncredited < CREDIT_BYTES || this.#isCrediting) return
    const room = this.#answers.room()
    if (room === undefined) return this.#credit()
    this.#isCrediting = true
    room.then(() => this.#credit())
  }

  /** @throws SerializeError */
  #check(params: Value): void {
    checkCarried(params, CARRIER)
    const size = sizeOf(params)
    if (size > this.#largest)
      throw new SerializeError(
        `parameters of about ${size} bytes exceed limits.frame (${this.#largest})`,
        LOCAL,
      )
  }

  #incoming(entry: RequestEntry, method: string, size: number): Incoming {
    const notification = entry.notification === true
    let settled = false
    const settle = async (outcome: RpcOutcome) => {
      if (settled) return
      settled = true
      if (this.#connection.closed) throw this.#connection.closed
      await this.#sendAnswer(entry.request, method, notification ? outcome : carried(outcome))
    }
    const decline = () => {
      settled = true
      this.#connection.send({ op: 'decline', request: entry.request })
    }
    // A notification is acknowledged when a sink has accepted it; the answer of the handler is dropped.
    const answer = notification ? async () => {} : settle
    const request = { topic: method, payload: NO_BYTES, params: entry.params, answer }
    return { request, notification, size, settle, decline }
  }
}

/** Returns the outcome, or an error if the value cannot be carried. */
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

/** Sends an outcome. Errors are ignored: without a connection the broker has already answered the caller. */
function acknowledge(incoming: Incoming, outcome: RpcOutcome): void {
  incoming.settle(outcome).catch(() => {})
}

const answerEntry = (request: number, outcome: RpcOutcome): AnswerEntry =>
  outcome.ok
    ? { op: 'answer', request, value: outcome.value, weight: sizeOf(outcome.value) }
    : { op: 'answer', request, fault: rpcFault(outcome.error) }

function rpcFault(error: Error): RpcFault {
  if (!(error instanceof RpcError)) return { kind: 'rpc', code: INTERNAL_ERROR, message: error.message }
  const { code, message, data } = error
  return { kind: 'rpc', code, message, ...(data !== undefined && { data: data as Value }) }
}
