import type { InboundMessage, PubSubFacet } from '../../core/adapter.js'
import { IntegrationError, PublishError, SubscribeError } from '../../core/errors.js'
import { topicPatternFault } from '../../core/topic-pattern.js'
import { untilAborted } from '../abort.js'
import type { PublishPacket } from './client/publish-decoder.js'
import type { CurrentLink } from './link.js'
import { sharedFilter } from './router.js'
import { subscribeSink } from './subscriber.js'

/** What a subscriber gets of a received packet. */
export function toMessage(packet: PublishPacket): InboundMessage {
  const { topic, payload, retain } = packet
  const { headers } = packet.properties
  return headers === undefined ? { topic, payload, retain } : { topic, payload, retain, headers }
}

/**
 * Publish and subscribe. `defaultQos` is for those who name none. A subscription has been granted by the broker
 * when `subscribe` resolves: though publishes go over another socket, those that follow reach it.
 */
export function pubSubFacet(link: CurrentLink, defaultQos: 0 | 1 | 2): PubSubFacet {
  return {
    publish(topic, payload, options, context) {
      const qos = options.qos ?? defaultQos
      const { headers, expiryMs, retain = false } = options
      try {
        const { publisher } = link()
        if (qos === 0 && headers === undefined && expiryMs === undefined)
          return publisher.write(topic, payload, retain)
        const expirySeconds = expiryMs === undefined ? undefined : Math.ceil(expiryMs / 1_000)
        const publication = { qos, retain, headers, expirySeconds, deadline: context.deadline }
        return publisher
          .send(topic, payload, publication, (reason, cause) => new PublishError(topic, reason, { cause }))
          .then(nothing)
      } catch (error) {
        return Promise.reject(
          error instanceof IntegrationError
            ? error
            : new PublishError(topic, (error as Error).message, { cause: error }),
        )
      }
    },

    retains: true,

    async subscribe(pattern, options, sink, context) {
      const fault = filterFault(pattern)
      if (fault !== undefined) throw new SubscribeError(pattern, `the pattern is invalid: ${fault}`)
      const subscription = {
        filter: pattern,
        qos: options.qos ?? defaultQos,
        toMessage,
        failure: (reason: string, cause: unknown) => new SubscribeError(pattern, reason, { cause }),
      }
      const { signal } = context
      const subscriber = await untilAborted(link().subscriber(), signal, `subscribe ${pattern}`)
      return subscribeSink(subscriber, subscription, sink, signal)
    },
  }
}

function nothing(): void {}

/** Why `pattern` cannot be subscribed to; for `$share/GROUP/FILTER` the filter counts as well. */
function filterFault(pattern: string): string | undefined {
  const fault = topicPatternFault(pattern)
  if (fault !== undefined || !pattern.startsWith('$share/')) return fault
  const group = pattern.split('/')[1] ?? ''
  if (group === '' || /[+#]/.test(group)) return 'the share group must have a name without wildcards'
  const filter = sharedFilter(pattern)
  return filter === pattern
    ? 'a shared subscription needs a filter after its group'
    : topicPatternFault(filter)
}
