import type { AdapterSubscription } from '../../core/adapter/inbound.js'
import type { PublishOptions, PubSubFacet } from '../../core/adapter/pubsub-facet.js'
import { UnsupportedError } from '../../core/errors/operation.js'
import { PublishError, SubscribeError } from '../../core/errors/pubsub.js'
import { untilAborted } from '../abort.js'
import type { Failure } from './failures.js'
import { readPattern, type Subscribable } from './patterns.js'
import type { Session } from './session.js'
import type { Route, Target } from './subscriber.js'

/**
 * Publish and subscribe. A publish resolves when Redis has answered; Redis stores no messages, so a subscriber that is
 * not connected misses it at any `qos`.
 */
export function pubSubFacet(current: () => Session, sharded: boolean): PubSubFacet {
  const publishCommand = sharded ? 'spublish' : 'publish'
  return {
    holdsBack: 'connection',
    carriesHeaders: false,

    publish(topic, payload, options) {
      if (hasHeaders(options) || options.retain === true || options.qos === 2)
        return Promise.reject(refusedOption(topic, options))
      const { pool } = current()
      return pool
        .send(sharded ? topic : undefined, publishCommand, [topic, payload])
        .then(nothing, (error) => {
          throw pool.failure(error, (reason, context) => new PublishError(topic, reason, context))
        })
    },

    async subscribe(pattern, options, sink, context): Promise<AdapterSubscription> {
      if (options.params !== undefined) throw new UnsupportedError('subscribing with parameters to Redis')
      const wanted = readPattern(pattern)
      if (sharded && wanted.kind === 'glob')
        throw new SubscribeError(
          pattern,
          'config.sharded is set, and sharded channels have no patterns: expected a channel name',
        )
      const route: Route = {
        target: targetOf(wanted, sharded),
        sink,
        matches: wanted.kind === 'glob' ? wanted.matches : undefined,
        resumes: 0,
      }
      const { pool, subscribers } = current()
      const failure: Failure = (reason, about) => new SubscribeError(pattern, reason, about)
      const adding = subscribers.add(route)
      let subscriber: Awaited<typeof adding>
      try {
        subscriber = await untilAborted(adding, context.signal, `subscribe ${pattern}`)
      } catch (error) {
        adding.then((late) => late.remove(route)).catch(nothing)
        throw pool.failure(error, failure)
      }
      return {
        resume: () => subscriber.release(route),
        async close() {
          subscriber.remove(route)
        },
        finish: () => subscriber.finish(route),
      }
    },
  }
}

function targetOf(wanted: Subscribable, sharded: boolean): Target {
  if (wanted.kind === 'glob') return { begin: 'psubscribe', end: 'punsubscribe', name: wanted.glob }
  const { channel } = wanted
  return sharded
    ? { begin: 'ssubscribe', end: 'sunsubscribe', name: channel }
    : { begin: 'subscribe', end: 'unsubscribe', name: channel }
}

function hasHeaders({ headers }: PublishOptions): boolean {
  return headers !== undefined && Object.keys(headers).length > 0
}

function refusedOption(topic: string, options: PublishOptions): PublishError {
  if (hasHeaders(options))
    return new PublishError(topic, 'Redis PUBLISH carries no headers: remove `headers`, or send to a queue')
  if (options.retain === true)
    return new PublishError(topic, 'Redis does not retain messages: remove `retain`')
  return new PublishError(topic, 'Redis delivers at most once and has no QoS 2: expected `qos` 0 or 1')
}

function nothing(): void {}
