import type {
  AdapterSubscription,
  Attempt,
  InboundRequest,
  MessageSink,
  RpcOutcome,
  ServiceFacet,
} from '../core/adapter.js'
import { SequenceTable } from '../core/sequence-table.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { SourceSpec } from '../mailbox/protocol.js'
import type { Outbox } from './outbox.js'
import type { Source } from './source.js'

/** So many requests may wait for the host; services are held back then, and let go again at half as many. */
const MOST_PENDING = 1_024

/** Requests that wait for their answer from the host, over all services of an integration. */
export class PendingRequests {
  readonly #byToken = new SequenceTable<InboundRequest>()
  #heldBack: (() => void)[] = []
  readonly #gauges: Gauges
  #lastToken = 0

  constructor(gauges: Gauges) {
    this.#gauges = gauges
  }

  /** Whether no more should come; `onRoom` is called when they may. */
  isFull(onRoom: () => void): boolean {
    if (this.#byToken.size < MOST_PENDING) return false
    this.#heldBack.push(onRoom)
    return true
  }

  add(request: InboundRequest): number {
    const token = ++this.#lastToken
    this.#gauges.count('received')
    this.#byToken.set(token, request)
    return token
  }

  /** @returns false when it was answered before, or whoever asked is gone. */
  async answer(token: number, outcome: RpcOutcome): Promise<boolean> {
    const request = this.#byToken.take(token)
    if (request === undefined) return false
    this.#gauges.count('answered')
    if (this.#byToken.size <= MOST_PENDING / 2) this.#letGo()
    await request.answer(outcome)
    return true
  }

  forget(): void {
    this.#byToken.clear()
    this.#letGo()
  }

  #letGo(): void {
    const heldBack = this.#heldBack
    this.#heldBack = []
    for (const onRoom of heldBack) onRoom()
  }
}

/** One method that the host serves. Requests cross as values: the adapter has decoded them. */
export class ServiceSource implements Source, MessageSink<InboundRequest> {
  readonly id: number
  readonly #method: string
  readonly #facet: ServiceFacet
  readonly #outbox: Outbox
  readonly #pending: PendingRequests
  readonly #onEnd: (error: Error) => void
  #subscription: AdapterSubscription | undefined
  #ended = false

  constructor(
    method: string,
    spec: SourceSpec,
    facet: ServiceFacet,
    outbox: Outbox,
    pending: PendingRequests,
    onEnd: (error: Error) => void,
  ) {
    this.id = spec.id
    this.#method = method
    this.#facet = facet
    this.#outbox = outbox
    this.#pending = pending
    this.#onEnd = onEnd
  }

  async open(context: Attempt): Promise<void> {
    const subscription = await this.#facet.serve(this.#method, this, context)
    if (this.#ended) await subscription.close()
    else this.#subscription = subscription
  }

  disconnected(): void {
    this.#subscription = undefined
  }

  deliver(request: InboundRequest): boolean {
    if (this.#ended) return true
    const token = this.#pending.add(request)
    const extras = { token, ...(request.headers && { headers: request.headers }) }
    const size = request.payload.byteLength
    this.#outbox
      .run(this.id, 'values')
      .add(this.#outbox.topicNumber(request.topic), request.params, size, extras)
    this.#outbox.delivered(size, true)
    return !this.#pending.isFull(() => this.#subscription?.resume())
  }

  /** Callers of lost requests time out. */
  lost(): void {}

  end(error: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd(error)
  }

  drain(): void {}

  async close(): Promise<void> {
    this.#ended = true
    await this.#subscription?.close()
  }
}
