import type { Attempt } from '../core/adapter/attempt.js'
import type { AdapterSubscription, InboundMessage, MessageSink } from '../core/adapter/inbound.js'
import type { PubSubFacet, SubscribeOptions } from '../core/adapter/pubsub-facet.js'
import type { Clock } from '../core/clock.js'
import { withDeadline } from '../resilience/deadline.js'
import { abortReason } from '../resilience/retry.js'
import { SharedTopic, type TopicMember } from './shared-topic.js'

/**
 * The subscriptions of an integration at the adapter: one for each pattern, shared by all sources of the host. Brokers
 * identify a subscription by its pattern, so that ending one of two would end both.
 */
export class TopicHub {
  readonly #facet: PubSubFacet
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #topics = new Map<string, SharedTopic>()

  constructor(facet: PubSubFacet, clock: Clock, timeoutMs: number) {
    this.#facet = facet
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  /**
   * Subscribes a pattern, or joins its subscription. Resolves when the broker has granted it.
   * @throws what the adapter throws; the reason with which `context` was aborted
   */
  async subscribe(
    pattern: string,
    options: SubscribeOptions,
    sink: MessageSink<InboundMessage>,
    context: Attempt,
  ): Promise<AdapterSubscription> {
    // A subscription with parameters is a streaming call and is not shared. If the protocol can hold back a single
    // subscription, none is shared, so that a slow subscriber does not hold back others.
    const isCall = options.params !== undefined || options.headers !== undefined
    if (isCall || this.#facet.holdsBack === 'subscription')
      return this.#facet.subscribe(pattern, options, sink, context)
    const topic = this.#topic(pattern)
    const qos = options.qos ?? this.#facet.defaultQos
    const member: TopicMember = { sink, qos, generation: 0, retained: new Set() }
    const { signal } = context
    const joined = topic.join(member)
    const leave = () => topic.leave(member, (last) => last.close())
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => reject(abortReason(signal))
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort, { once: true })
      joined.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
    }).catch((error: unknown) => {
      void leave()
      throw error
    })
    return {
      resume: () => topic.resume(member),
      close: leave,
      finish: () => topic.finish(member),
      ...(topic.grantedQos !== undefined && { grantedQos: topic.grantedQos }),
      ...(topic.canDetach && { detach: () => topic.leave(member, (last) => last.detach!()) }),
    }
  }

  /** Ends all subscriptions, because their connection is lost. */
  disconnected(): void {
    const topics = [...this.#topics.values()]
    this.#topics.clear()
    for (const topic of topics) topic.lose()
  }

  #topic(pattern: string): SharedTopic {
    const known = this.#topics.get(pattern)
    if (known !== undefined) return known
    const topic: SharedTopic = new SharedTopic(
      this.#facet,
      (options, sink) =>
        // A separate deadline, because the subscription may outlive the member that joined first.
        withDeadline((context) => this.#facet.subscribe(pattern, options, sink, context), {
          clock: this.#clock,
          deadline: this.#clock.monotonic() + this.#timeoutMs,
          operation: `subscribe ${pattern}`,
        }),
      () => {
        if (this.#topics.get(pattern) === topic) this.#topics.delete(pattern)
      },
    )
    this.#topics.set(pattern, topic)
    return topic
  }
}
