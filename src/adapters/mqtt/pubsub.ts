import type { PubSubFacet } from '../../core/adapter/pubsub-facet.js'
import type { ErrorContext } from '../../core/errors/context.js'
import { PublishError, SubscribeError } from '../../core/errors/pubsub.js'
import { untilAborted } from '../abort.js'
import { filterFault } from './client/subscriptions.js'
import { type CurrentConnection, hasProperties } from './connection-resources.js'
import { operationError, unsupported } from './errors.js'
import { toMessage } from './message.js'
import { subscribeSink } from './subscriber.js'

/**
 * Publish and subscribe. The broker has granted a subscription when `subscribe` resolves, so later publishes reach it
 * although they use another session.
 * @param defaultQos the QoS of operations that do not set one
 */
export function pubSubFacet(connections: CurrentConnection, defaultQos: 0 | 1 | 2): PubSubFacet {
  return {
    defaultQos,
    holdsBack: 'connection',
    get carriesHeaders() {
      return hasProperties(connections)
    },
    retains: true,

    publish(topic, payload, options, context) {
      const qos = options.qos ?? defaultQos
      const { headers, expiryMs, contentType, retain = false } = options
      const failure = (reason: string, given: ErrorContext) => new PublishError(topic, reason, given)
      try {
        const { publisher } = connections()
        if (qos === 0 && headers === undefined && expiryMs === undefined && contentType === undefined)
          return publisher
            .write(topic, payload, retain)
            ?.catch((error: unknown) => Promise.reject(operationError(error, failure)))
        const expirySeconds = expiryMs === undefined ? undefined : Math.ceil(expiryMs / 1_000)
        const { deadline, operationId } = context
        return publisher
          .send(topic, payload, { qos, retain, headers, expirySeconds, contentType, deadline, operationId })
          .then(nothing, (error: unknown) => Promise.reject(operationError(error, failure)))
      } catch (error) {
        return Promise.reject(operationError(error, failure))
      }
    },

    async subscribe(pattern, options, sink, context) {
      const failure = (reason: string, given: ErrorContext = {}) => new SubscribeError(pattern, reason, given)
      const fault = filterFault(pattern)
      if (fault !== undefined)
        throw failure(`the topic filter is invalid: ${fault}`, { notExecuted: true, fault: 'local' })
      const qos = options.qos ?? defaultQos
      const { session, subscriber } = connections()
      if (pattern.startsWith('$share/') && !session.connack.sharedSubscriptionsAvailable)
        throw unsupported('a shared subscription on a broker without shared subscriptions')
      const { signal } = context
      const opened = await untilAborted(subscriber(), signal, `subscribe ${pattern}`)
      return subscribeSink(opened, { filter: pattern, qos, toMessage, failure }, sink, signal)
    },
  }
}

function nothing(): void {}
