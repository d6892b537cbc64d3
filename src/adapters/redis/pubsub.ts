import type { AdapterSubscription, PublishOptions, PubSubFacet } from '../../core/adapter.js'
import { PublishError, SubscribeError, UnsupportedError } from '../../core/errors.js'
import { untilAborted } from '../abort.js'
import type { Failure } from './failures.js'
import { readPattern, type Subscribable } from './patterns.js'
import type { Session } from './session.js'
import type { Route, Target } from './subscriber.js'

/**
 * Publish and subscribe. A publish resolves when Redis has answered; a subscriber that is not connected then misses the
 * message: Redis keeps none, whatever the `qos`. It carries the payload alone, and no headers.
 */
export function pubSubFacet(current: () => Session, sharded: boolean): PubSubFacet {
  const publishCommand = sharded ? 'spublish' : 'publish'
  return {
    holdsBack: 'connection',

    publish(topic, payload, options) {
      if (hasHeaders(options) || options.retain === true || options.qos === 2)
        return Promise.reject(refusedOption(topic, options))
      const { link } = current()
      return link
        .send(sharded ? topic : undefined, publishCommand, [topic, payload])
        .then(nothing, (error) => {
          throw link.failure(error, (reason, context) => new PublishError(topic, reason, context))
        })
    },

    async subscribe(pattern, options, sink, context): Promise<AdapterSubscription> {
      if (options.params !== undefined) throw new UnsupportedError('subscribing with parameters to Redis')
      const wanted = readPattern(pattern)
      if (sharded && wanted.kind === 'glob')
        throw new SubscribeError(pattern, 'sharded channels have no patterns: name one channel')
      const route: Route = {
        target: targetOf(wanted, sharded),
        sink,
        matches: wanted.kind === 'glob' ? wanted.matches : undefined,
        resumes: 0,
      }
      const { link, subscribers } = current()
      const failure: Failure = (reason, about) => new SubscribeError(pattern, reason, about)
      const adding = subscribers.add(route)
      let subscriber: Awaited<typeof adding>
      try {
        subscriber = await untilAborted(adding, context.signal, `subscribe ${pattern}`)
      } catch (error) {
        adding.then((late) => late.remove(route)).catch(nothing)
        throw link.failure(error, failure)
      }
      return {
        resume: () => subscriber.release(route),
        async close() {
          subscriber.remove(route)
        },
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
    return new PublishError(topic, 'PUBLISH of Redis carries no headers; entries of queues do')
  if (options.retain === true) return new PublishError(topic, 'Redis retains no published messages')
  return new PublishError(topic, 'Redis has no QoS 2; it confirms each publish, and delivers at most once')
}

function nothing(): void {}
