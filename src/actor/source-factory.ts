import type { ProtocolAdapter } from '../core/adapter/protocol-adapter.js'
import type { ServiceFacet } from '../core/adapter/service-facet.js'
import type { ByteBudget } from '../core/byte-budget.js'
import type { Clock } from '../core/clock.js'
import { UnsupportedError } from '../core/errors/operation.js'
import type { IntegrationSettings } from '../core/settings/integration.js'
import type { TransformSettings } from '../core/settings/transform.js'
import type { Value } from '../core/value.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { SourceSpec } from '../mailbox/protocol.js'
import type { SourceVerb } from '../resilience/reopen.js'
import type { Formats } from '../wire/formats.js'
import { CollectorSource } from './collector-source.js'
import { Conflator } from './conflator.js'
import { DeliveryQueue, type DeliveryQueueDependencies } from './delivery-queue.js'
import type { Outbox } from './outbox.js'
import type { Outgoing } from './outgoing.js'
import { QueueSource } from './queue-source.js'
import { QueueTransform } from './queue-transform.js'
import { type PendingRequests, ServiceSource } from './service-source.js'
import type { Source } from './source.js'
import type { TopicHub } from './topic-hub.js'
import { TopicSource } from './topic-source.js'
import { TopicTransform } from './topic-transform.js'
import type { Transforms } from './transforms.js'
import type { UnsettledDeliveries } from './unsettled.js'

/** Makes the sources that the host opens. */
export class SourceFactory {
  readonly #settings: IntegrationSettings
  readonly #clock: Clock
  readonly #adapter: ProtocolAdapter
  readonly #service: ServiceFacet | undefined
  readonly #formats: Formats
  readonly #outbox: Outbox
  readonly #gauges: Gauges
  readonly #topics: TopicHub | undefined
  readonly #unsettled: UnsettledDeliveries | undefined
  readonly #pending: PendingRequests
  readonly #budget: ByteBudget
  readonly #transforms: Transforms
  readonly #othersWait: () => boolean
  readonly #ended: (id: number, error: Error) => void

  constructor(parts: {
    readonly settings: IntegrationSettings
    readonly clock: Clock
    readonly adapter: ProtocolAdapter
    /** The service of the adapter, behind the authentication of its callers. */
    readonly service: ServiceFacet | undefined
    readonly formats: Formats
    readonly outbox: Outbox
    readonly gauges: Gauges
    /** Undefined if the adapter has no topics. */
    readonly topics: TopicHub | undefined
    readonly unsettled: UnsettledDeliveries | undefined
    readonly pending: PendingRequests
    readonly budget: ByteBudget
    readonly transforms: Transforms
    /** Whether a subscription that holds its connection back blocks other users of it. */
    readonly othersWait: () => boolean
    readonly ended: (id: number, error: Error) => void
  }) {
    this.#settings = parts.settings
    this.#clock = parts.clock
    this.#adapter = parts.adapter
    this.#service = parts.service
    this.#formats = parts.formats
    this.#outbox = parts.outbox
    this.#gauges = parts.gauges
    this.#topics = parts.topics
    this.#unsettled = parts.unsettled
    this.#pending = parts.pending
    this.#budget = parts.budget
    this.#transforms = parts.transforms
    this.#othersWait = parts.othersWait
    this.#ended = parts.ended
  }

  /**
   * Makes a source. The code of transforms must be loaded if the source needs it.
   * @throws UnsupportedError if the adapter lacks the facet, SerializeError if the format is unknown or a transform is
   *   not valid
   */
  make(verb: SourceVerb, target: string, spec: SourceSpec): Source {
    for (const [name, value] of Object.entries(spec.joined ?? {}))
      this.#transforms.update(name, value as Value)
    const onEnd = (error: Error) => this.#ended(spec.id, error)
    switch (verb) {
      case 'subscribe':
        return this.#topic(target, spec, onEnd)
      case 'consume': {
        const facet = this.#adapter.queue
        if (facet === undefined || this.#unsettled === undefined) throw new UnsupportedError('consume')
        const unsettled = this.#unsettled
        const queue = this.#deliveries(spec, {
          blocksOthers: () => false,
          onRoom: () => {},
          onUndecodable: (token, error) => unsettled.undecodable(token, error),
        })
        const transform =
          spec.transforms &&
          new QueueTransform({
            ...this.#transformParts(spec, spec.transforms),
            unsettled,
            pass: (message) => queue.offer(message),
          })
        return new QueueSource(target, spec, facet, queue, unsettled, this.#gauges, transform, onEnd)
      }
      case 'collect': {
        const queue = this.#deliveries(spec, { blocksOthers: () => false, onRoom: () => {} })
        return new CollectorSource({ ...this.#transformParts(spec, []), target, spec, queue })
      }
      case 'serve': {
        const facet = this.#service
        if (facet === undefined) throw new UnsupportedError('serve')
        return new ServiceSource(target, spec, facet, this.#outbox, this.#pending, onEnd)
      }
    }
  }

  #topic(pattern: string, spec: SourceSpec, onEnd: (error: Error) => void): Source {
    const topics = this.#topics
    if (topics === undefined) throw new UnsupportedError('subscribe')
    const isShared = this.#adapter.pubsub?.holdsBack !== 'subscription'
    const blocksOthers = () => isShared && this.#othersWait()
    const queue = this.#deliveries(spec, { blocksOthers, onRoom: () => source.resume() })
    const conflator =
      spec.conflateMs === undefined
        ? undefined
        : new Conflator(
            this.#clock,
            spec.conflateMs,
            this.#gauges,
            this.#budget,
            () => queue.size === 0,
            (message: Outgoing) => queue.offer(message),
          )
    const transform =
      spec.transforms &&
      new TopicTransform({
        ...this.#transformParts(spec, spec.transforms),
        pass: (message) => source.pass(message),
        onRoom: () => source.transformed(),
      })
    const source: TopicSource = new TopicSource({
      pattern,
      spec,
      topics,
      queue,
      conflator,
      transform,
      gauges: this.#gauges,
      outbox: this.#outbox,
      onEnd,
    })
    return source
  }

  #transformParts(spec: SourceSpec, settings: readonly TransformSettings[]) {
    return {
      transforms: this.#transforms,
      settings,
      clock: this.#clock,
      gauges: this.#gauges,
      format: this.#formats.of(spec.format),
    }
  }

  #deliveries(
    spec: SourceSpec,
    callbacks: Pick<DeliveryQueueDependencies, 'blocksOthers' | 'onRoom' | 'onUndecodable'>,
  ): DeliveryQueue {
    return new DeliveryQueue({
      spec,
      capacity: this.#settings.mailbox,
      clock: this.#clock,
      outbox: this.#outbox,
      gauges: this.#gauges,
      format: this.#formats.of(spec.format),
      budget: this.#budget,
      ...callbacks,
    })
  }
}
