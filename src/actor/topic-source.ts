import type { AdapterSubscription, InboundMessage, MessageSink, OperationContext } from '../core/adapter.js'
import { MailboxFullError } from '../core/errors.js'
import type { Value } from '../core/value.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { SourceSpec } from '../mailbox/protocol.js'
import type { Conflator } from './conflator.js'
import type { DeliveryQueue, Outgoing } from './delivery-queue.js'
import type { Source } from './source.js'
import type { TopicHub } from './topic-hub.js'

/** One subscription of the host to a topic pattern. */
export class TopicSource implements Source, MessageSink<InboundMessage> {
  readonly id: number
  readonly #pattern: string
  readonly #spec: SourceSpec
  readonly #topics: TopicHub
  readonly #queue: DeliveryQueue
  readonly #conflator: Conflator | undefined
  readonly #gauges: Gauges
  readonly #onEnd: (error: Error) => void
  #subscription: AdapterSubscription | undefined
  #ended = false

  constructor(
    pattern: string,
    spec: SourceSpec,
    topics: TopicHub,
    queue: DeliveryQueue,
    conflator: Conflator | undefined,
    gauges: Gauges,
    onEnd: (error: Error) => void,
  ) {
    this.id = spec.id
    this.#pattern = pattern
    this.#spec = spec
    this.#topics = topics
    this.#queue = queue
    this.#conflator = conflator
    this.#gauges = gauges
    this.#onEnd = onEnd
  }

  async open(context: OperationContext): Promise<void> {
    const { qos, params, headers } = this.#spec
    const options = {
      ...(qos !== undefined && { qos }),
      ...(params !== undefined && { params: params as Value }),
      ...(headers !== undefined && { headers }),
    }
    const subscription = await this.#topics.subscribe(this.#pattern, options, this, context)
    if (this.#ended) await subscription.close()
    else this.#subscription = subscription
  }

  disconnected(): void {
    this.#subscription = undefined
  }

  deliver(message: InboundMessage): boolean {
    if (this.#ended) return true
    this.#gauges.count('received')
    const outgoing: Outgoing = { topic: message.topic, payload: message.payload, extras: extrasOf(message) }
    if (this.#conflator !== undefined) {
      this.#conflator.offer(outgoing)
      return true
    }
    const offer = this.#queue.offer(outgoing)
    if (offer === 'refused')
      this.end(
        new MailboxFullError(`the subscriber of ${this.#pattern} does not keep up: its mailbox is full`),
      )
    return offer !== 'hold-back'
  }

  /** There is room again after the source was held back. */
  resume(): void {
    this.#subscription?.resume()
  }

  end(error: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd(error)
  }

  drain(): void {
    this.#queue.drain()
  }

  async close(): Promise<void> {
    this.#ended = true
    this.#conflator?.close()
    this.#queue.clear()
    await this.#subscription?.close()
  }
}

function extrasOf(message: InboundMessage) {
  const { headers, retain } = message
  if (headers === undefined && !retain) return undefined
  return { ...(headers && { headers }), ...(retain && { retain }) }
}
