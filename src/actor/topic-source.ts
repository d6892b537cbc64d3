import type { AdapterSubscription, Attempt, InboundMessage, MessageSink } from '../core/adapter.js'
import { MailboxFullError } from '../core/errors.js'
import type { Value } from '../core/value.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { SourceSpec } from '../mailbox/protocol.js'
import type { Conflator } from './conflator.js'
import type { DeliveryQueue, Outgoing } from './delivery-queue.js'
import { mayComeBack, type Source } from './source.js'
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
  /** Why it ends, once the host has been given what came before. */
  #ending: Error | undefined

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

  async open(context: Attempt): Promise<void> {
    const { qos, params, headers } = this.#spec
    const options = {
      ...(qos !== undefined && { qos }),
      ...(params !== undefined && { params: params as Value }),
      ...(headers !== undefined && { headers }),
    }
    const subscription = await this.#topics.subscribe(this.#pattern, options, this, context)
    // It may have come to its end already: what yields a few messages is quick.
    if (this.#ended || this.#ending !== undefined) await subscription.close()
    else this.#subscription = subscription
  }

  disconnected(): void {
    this.#subscription = undefined
  }

  deliver(message: InboundMessage): boolean {
    if (this.#ended || this.#ending !== undefined) return true
    this.#gauges.count('received')
    const outgoing: Outgoing = { topic: message.topic, payload: message.payload, extras: extrasOf(message) }
    if (this.#conflator !== undefined) {
      this.#conflator.offer(outgoing)
      return true
    }
    const offer = this.#queue.offer(outgoing)
    if (offer === 'refused')
      this.#end(
        new MailboxFullError(`the subscriber of ${this.#pattern} does not keep up: its mailbox is full`),
      )
    return offer !== 'hold-back'
  }

  lost(count: number): void {
    this.#queue.lost(count)
  }

  /** There is room again after the source was held back. */
  resume(): void {
    this.#subscription?.resume()
  }

  /** What has come before is delivered first, however long the host takes. */
  end(error: Error): void {
    if (this.#ended || this.#ending !== undefined) return
    if (mayComeBack(error)) {
      this.#subscription = undefined
      return this.#onEnd(error)
    }
    this.#ending = error
    this.#conflator?.finish()
    this.#endIfDrained()
  }

  drain(): void {
    this.#queue.drain()
    this.#endIfDrained()
  }

  #endIfDrained(): void {
    if (this.#ending !== undefined && this.#queue.size === 0) this.#end(this.#ending)
  }

  #end(error: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd(error)
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
