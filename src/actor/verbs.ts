import type { Attempt } from '../core/adapter/attempt.js'
import type { ProtocolAdapter } from '../core/adapter/protocol-adapter.js'
import type { RpcCall, RpcFacet, RpcOutcome } from '../core/adapter/rpc-facet.js'
import type { Clock } from '../core/clock.js'
import { UnsupportedError } from '../core/errors/operation.js'
import type { Value } from '../core/value.js'
import { decodeError, type ErrorRecord, encodeError } from '../mailbox/error-codec.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { ReceivedMessage, RequestOptions, SourceSpec } from '../mailbox/protocol.js'
import type { IncomingRequest } from '../mailbox/requests.js'
import { traitsOf, type Verb } from '../mailbox/verbs.js'
import { asIntegrationError } from '../resilience/classify.js'
import type { SourceVerb } from '../resilience/reopen.js'
import type { Formats } from '../wire/formats.js'
import { callTimedOut } from './operation-errors.js'
import type { Receivers } from './receivers.js'
import type { PendingRequests } from './service-source.js'
import type { SourceFactory } from './source-factory.js'
import type { Sources } from './sources.js'
import type { Transforms } from './transforms.js'
import type { UnsettledDeliveries } from './unsettled.js'

/** Whether a request is executed at once: without waiting, retries, breaker or limits. */
export function isImmediate(verb: Verb): boolean {
  return traitsOf(verb).settles
}

/** Whether a request opens a source. */
export function isSource(verb: Verb): boolean {
  return traitsOf(verb).opens
}

const NO_OPTIONS: RequestOptions = {}
/** How many calls of a batch are started in one turn of the event loop, so that the heartbeat goes on. */
const CALLS_PER_TURN = 256

/** Executes each verb by a call of the adapter. */
export class Verbs {
  readonly #adapter: ProtocolAdapter
  readonly #clock: Clock
  readonly #formats: Formats
  readonly #gauges: Gauges
  readonly #sources: Sources
  readonly #factory: SourceFactory
  readonly #transforms: Transforms
  readonly #receivers: Receivers | undefined
  readonly #unsettled: UnsettledDeliveries | undefined
  readonly #pending: PendingRequests
  readonly #detach: () => Promise<void>

  constructor(parts: {
    readonly adapter: ProtocolAdapter
    readonly clock: Clock
    readonly formats: Formats
    readonly gauges: Gauges
    readonly sources: Sources
    readonly factory: SourceFactory
    readonly transforms: Transforms
    readonly receivers: Receivers | undefined
    readonly unsettled: UnsettledDeliveries | undefined
    readonly pending: PendingRequests
    /** Stops taking messages from the broker. */
    readonly detach: () => Promise<void>
  }) {
    this.#adapter = parts.adapter
    this.#clock = parts.clock
    this.#formats = parts.formats
    this.#gauges = parts.gauges
    this.#sources = parts.sources
    this.#factory = parts.factory
    this.#transforms = parts.transforms
    this.#receivers = parts.receivers
    this.#unsettled = parts.unsettled
    this.#pending = parts.pending
    this.#detach = parts.detach
  }

  /** Whether a request that may have been executed can be executed again. */
  mayRepeat({ verb, options }: Pick<IncomingRequest, 'verb' | 'options'>): boolean {
    const { isRepeatable } = traitsOf(verb)
    if (isRepeatable === true) return true
    if (isRepeatable === 'by-qos') return (options?.qos ?? this.#adapter.pubsub?.defaultQos ?? 0) > 0
    return options?.idempotent === true
  }

  /** Gives back the message of a `receive` that succeeded after its caller had stopped waiting. */
  giveBackLate({ verb }: IncomingRequest, value: unknown): void {
    if (verb !== 'receive' || value === null) return
    this.#unsettled?.undelivered((value as ReceivedMessage).extras.token!).catch(() => {})
  }

  /**
   * Makes one attempt.
   * @returns `undefined` if it is done already
   * @throws what the adapter throws, and UnsupportedError
   */
  perform(request: IncomingRequest, context: Attempt): Promise<unknown> | undefined {
    const { verb, target, value } = request
    const options = request.options ?? NO_OPTIONS
    switch (verb) {
      case 'publish':
        this.#gauges.count('published')
        return this.#need('pubsub', 'publish').publish(target, this.#encode(value, options), options, context)
      case 'call':
        this.#gauges.count('calls')
        return this.#call(target, value as Value | undefined, options.into, context)
      case 'notify':
        this.#gauges.count('calls')
        return this.#need('rpc', 'notify').notify(target, value as Value | undefined, context)
      case 'batch':
        return this.#batch(value as readonly RpcCall[], context)
      case 'enqueue':
        this.#gauges.count('enqueued')
        return this.#need('queue', 'enqueue').enqueue(target, this.#encode(value, options), options, context)
      case 'receive':
        return this.#receive(request, options, context)
      case 'ack':
        this.#gauges.count('acked')
        return this.#unsettled?.ack(value as number)
      case 'nack':
        this.#gauges.count('nacked')
        return this.#unsettled?.nack(value as number, options.delayMs, options.reason)
      case 'undelivered':
        return this.#unsettled?.undelivered(value as number)
      case 'answer':
        return this.#answer(value as Answer)
      case 'subscribe':
      case 'consume':
      case 'serve':
      case 'collect':
        return this.#open(verb, target, options.source!, context)
      case 'join':
        this.#transforms.update(target, value as Value)
        return undefined
      case 'unsubscribe':
        return this.#sources.close(value as number)
      case 'detach':
        return this.#detach()
      case 'cancel':
      case 'expire':
        return undefined
    }
  }

  #open(verb: SourceVerb, target: string, spec: SourceSpec, context: Attempt): Promise<void> {
    const open = () => this.#sources.open(this.#factory.make(verb, target, spec), context)
    return verb === 'collect' || spec.transforms !== undefined ? this.#transforms.load().then(open) : open()
  }

  #call(target: string, params: Value | undefined, into: number | undefined, context: Attempt) {
    const result = this.#need('rpc', 'call').call(target, params, context)
    if (into === undefined) return result
    // A source that the host has closed meanwhile does not want it.
    return result.then((value) => this.#sources.collector(into)?.collect(value))
  }

  #need<F extends 'rpc' | 'pubsub' | 'queue'>(facet: F, operation: string): NonNullable<ProtocolAdapter[F]> {
    const found = this.#adapter[facet]
    if (found === undefined) throw new UnsupportedError(operation)
    return found
  }

  #encode(value: unknown, { format }: RequestOptions): Uint8Array {
    return this.#formats.of(format).encode(value as Value)
  }

  async #batch(calls: readonly RpcCall[], context: Attempt): Promise<readonly BatchAnswer[]> {
    const rpc = this.#need('rpc', 'batch')
    this.#gauges.count('calls', calls.length)
    const outcomes =
      rpc.batch === undefined ? await this.#oneByOne(rpc, calls, context) : await rpc.batch(calls, context)
    return outcomes.map((outcome) =>
      outcome.ok ? outcome : { ok: false, error: encodeError(outcome.error) },
    )
  }

  /** Makes the calls of a batch concurrently, for a protocol without batches. */
  async #oneByOne(
    rpc: RpcFacet,
    calls: readonly RpcCall[],
    context: Attempt,
  ): Promise<readonly RpcOutcome[]> {
    const outcomes: Promise<RpcOutcome>[] = []
    for (let i = 0; i < calls.length; i++) {
      if (i > 0 && i % CALLS_PER_TURN === 0) {
        await new Promise<void>((resolve) => this.#clock.nextTurn(resolve))
        // The batch has been settled: by its time-out, or by its caller.
        if (context.signal.aborted) throw context.signal.reason
      }
      const { method, params } = calls[i]!
      outcomes.push(this.#outcomeOf(method, rpc.call(method, params, context)))
    }
    return Promise.all(outcomes)
  }

  async #outcomeOf(method: string, call: Promise<Value>): Promise<RpcOutcome> {
    const startedAt = this.#clock.monotonic()
    try {
      return { ok: true, value: await call }
    } catch (error) {
      const known = asIntegrationError(error)
      if (known?.kind !== 'timeout') return { ok: false, error: error as Error }
      return { ok: false, error: callTimedOut(method, this.#clock.monotonic() - startedAt, known) }
    }
  }

  async #receive(
    { target, deadline }: IncomingRequest,
    { format }: RequestOptions,
    attempt: Attempt,
  ): Promise<ReceivedMessage | null> {
    if (this.#receivers === undefined) throw new UnsupportedError('receive')
    // The caller does not want to wait if its deadline is earlier than that of the attempt.
    const noWait = deadline !== 0 && deadline < attempt.deadline
    const message = await this.#receivers.receive(target, attempt, noWait)
    if (message === undefined) return null
    this.#gauges.count('dequeued')
    return { ...message, ...this.#decode(message.bytes!, format) }
  }

  #decode(bytes: Uint8Array, format: string | undefined): { readonly value?: Value } {
    try {
      return { value: this.#formats.of(format).decode(bytes) }
    } catch {
      // The message carries its bytes; reading its value throws the error.
      this.#gauges.countError('serialize')
      return {}
    }
  }

  async #answer({ token, outcome, isPart }: Answer): Promise<boolean> {
    if (isPart === true && outcome.ok) return this.#pending.part(token, outcome.value)
    return this.#pending.answer(
      token,
      outcome.ok ? outcome : { ok: false, error: decodeError(outcome.error) },
    )
  }
}

/** The host's answer to a request that it serves. */
export interface Answer {
  readonly token: number
  readonly outcome: BatchAnswer
  /** Whether it is a part of a stream that further answers continue. */
  readonly isPart?: boolean
}

/** An outcome in a form that can cross to another thread. */
export type BatchAnswer =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: ErrorRecord }
