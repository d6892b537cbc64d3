import type { InboundMessage } from '../../core/adapter/inbound.js'
import type { ProtocolAdapter } from '../../core/adapter/protocol-adapter.js'
import type { InboundDelivery } from '../../core/adapter/queue-facet.js'
import type { RpcOutcome } from '../../core/adapter/rpc-facet.js'
import type { InboundRequest, ServiceFacet } from '../../core/adapter/service-facet.js'
import { ShutdownError } from '../../core/errors/lifecycle.js'
import { UnsupportedError } from '../../core/errors/operation.js'
import { RpcError } from '../../core/errors/rpc.js'
import type { RouteSettings } from '../../core/settings/route.js'
import type { Value } from '../../core/value.js'
import { asIntegrationError } from '../../resilience/classify.js'
import { quietly } from '../quietly.js'
import type { Source } from '../source.js'
import type { TopicHub } from '../topic-hub.js'
import { returnUnseen } from '../unsettled.js'
import type { Received, Settlements } from './received.js'
import { RouteSource } from './route-source.js'

/** What a source tells its route. */
export interface RouteIntake {
  /** @returns false to hold the source back until `resume` of the handle */
  receive(message: Received): boolean
  /** A message of the queue cannot be delivered: it is too large or malformed. */
  defective(message: Received, error: Error): void
  lost(count: number, reason: string): void
}

/** The source of a route, as its route uses it. */
export interface SourceHandle {
  readonly source: Source
  /** Resolves when it has been opened, or has ended. */
  readonly opened: Promise<void>
  resume(): void
}

export interface SourceParts {
  readonly adapter: ProtocolAdapter
  readonly service: ServiceFacet | undefined
  readonly topics: TopicHub | undefined
  readonly onEnd: (id: number, error: Error) => void
}

/** Makes the source of a route. @throws UnsupportedError if the adapter lacks the facet */
export function makeSource(
  id: number,
  { from, window }: RouteSettings,
  parts: SourceParts,
  intake: RouteIntake,
): SourceHandle {
  const common = {
    id,
    target: from.target,
    lost: (count: number, reason: string) => intake.lost(count, reason),
    onEnd: (error: Error) => parts.onEnd(id, error),
  }
  switch (from.kind) {
    case 'topic': {
      const { topics } = parts
      if (topics === undefined) throw new UnsupportedError('subscribe')
      const options = from.qos === undefined ? {} : { qos: from.qos }
      const source: RouteSource<InboundMessage> = new RouteSource<InboundMessage>({
        ...common,
        verb: 'subscribe',
        open: (sink, attempt) => topics.subscribe(from.target, options, sink, attempt),
        receive: (message) => intake.receive(ofTopic(message, source)),
        // It stays with a broker that waits for its acknowledgement.
        refuse: () => {},
      })
      return { source, opened: source.opened, resume: () => source.resume() }
    }
    case 'queue': {
      const { queue } = parts.adapter
      if (queue === undefined) throw new UnsupportedError('consume')
      const source: RouteSource<InboundDelivery> = new RouteSource<InboundDelivery>({
        ...common,
        verb: 'consume',
        window,
        open: (sink, attempt) => queue.consume(from.target, sink, attempt),
        receive: (delivery) => {
          const received = ofQueue(delivery, source)
          const { defect, exhausted } = delivery
          if (defect !== undefined) intake.defective(received, defect)
          else if (exhausted !== undefined) intake.defective(received, new Error(exhausted.reason))
          else intake.receive(received)
          return true
        },
        refuse: returnUnseen,
      })
      return { source, opened: source.opened, resume: () => {} }
    }
    case 'method': {
      const { service } = parts
      if (service === undefined) throw new UnsupportedError('serve')
      const source = new RouteSource<InboundRequest>({
        ...common,
        verb: 'serve',
        open: (sink, attempt) => service.serve(from.target, sink, attempt),
        receive: (request) => intake.receive(ofMethod(request)),
        // Its caller times out and may try another server.
        refuse: () => {},
      })
      return { source, opened: source.opened, resume: () => source.resume() }
    }
  }
}

function ofTopic(message: InboundMessage, source: RouteSource<InboundMessage>): Received {
  const { topic, payload, headers, contentType } = message
  return {
    topic,
    payload,
    headers,
    contentType,
    source: message.taken === undefined ? undefined : new TakenOnce(message, source),
  }
}

/** A message of a topic whose broker waits for an acknowledgement. */
class TakenOnce implements Settlements {
  #message: InboundMessage | undefined
  readonly #source: RouteSource<InboundMessage>

  constructor(message: InboundMessage, source: RouteSource<InboundMessage>) {
    this.#message = message
    this.#source = source
  }

  /** The broker forgets it with the subscription. */
  get isKept(): boolean {
    return this.#source.outlivesConnection
  }

  accepted(): void {
    const message = this.#message
    this.#message = undefined
    message?.taken?.()
  }

  refused(): void {
    this.accepted()
  }

  /** Leaves it with the broker. */
  returned(): void {
    this.#message = undefined
  }
}

function ofQueue(delivery: InboundDelivery, source: RouteSource<InboundDelivery>): Received {
  const { topic, payload, headers, contentType, id, attempt, redelivered } = delivery
  return {
    topic,
    payload,
    headers,
    contentType,
    delivery: { id, attempt, redelivered },
    source: new DeliveryOnce(delivery, source),
  }
}

/** A delivery of a queue. */
class DeliveryOnce implements Settlements {
  readonly isKept = true
  #delivery: InboundDelivery | undefined
  readonly #source: RouteSource<InboundDelivery>
  readonly #connection: number

  constructor(delivery: InboundDelivery, source: RouteSource<InboundDelivery>) {
    this.#delivery = delivery
    this.#source = source
    this.#connection = source.connection
  }

  accepted(): void {
    // An acknowledgement that cannot reach the broker any more leads to a redelivery.
    this.#settle((delivery) => void quietly(() => delivery.ack()))
  }

  refused(): void {
    this.accepted()
  }

  returned(): void {
    this.#settle(returnUnseen)
  }

  #settle(settle: (delivery: InboundDelivery) => void): void {
    const delivery = this.#delivery
    if (delivery === undefined) return
    this.#delivery = undefined
    settle(delivery)
    this.#source.askForAnother(this.#connection)
  }
}

function ofMethod(request: InboundRequest): Received {
  const { topic, payload, headers, contentType, params } = request
  return { topic, payload, params: params ?? null, headers, contentType, source: new Answer(request) }
}

/** A request that waits for its answer. */
class Answer implements Settlements {
  /** Its caller repeats what was not answered. */
  readonly isKept = true
  readonly #request: InboundRequest

  constructor(request: InboundRequest) {
    this.#request = request
  }

  accepted(result: unknown): void {
    this.#answer({ ok: true, value: (result ?? null) as Value })
  }

  refused(error: Error): void {
    this.#answer({ ok: false, error: answerable(error) })
  }

  returned(): void {
    this.refused(new ShutdownError())
  }

  #answer(outcome: RpcOutcome): void {
    void quietly(() => this.#request.answer(outcome))
  }
}

const INTERNAL_ERROR = -32_603

/** The error for the caller. Errors of our own are not shown, because they name addresses and integrations. */
function answerable(error: Error): RpcError {
  if (error instanceof RpcError) return error
  const retryable = asIntegrationError(error)?.retryable === true
  return new RpcError(INTERNAL_ERROR, 'the request could not be delivered', undefined, { retryable })
}
