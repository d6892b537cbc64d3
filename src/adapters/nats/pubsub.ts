import type { Attempt } from '../../core/adapter/attempt.js'
import type { InboundMessage } from '../../core/adapter/inbound.js'
import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import type { PublishOptions, PubSubFacet } from '../../core/adapter/pubsub-facet.js'
import { IntegrationError } from '../../core/errors/integration-error.js'
import { UnsupportedError } from '../../core/errors/operation.js'
import { PublishError, SubscribeError } from '../../core/errors/pubsub.js'
import { untilAborted } from '../abort.js'
import { encodeHeaders } from './client/headers.js'
import { JetStream } from './client/jetstream.js'
import type { MessageView } from './client/message-view.js'
import { checkSize, NEVER_SENT } from './client/sizes.js'
import type { ConnectionSet, CurrentConnections } from './connection-set.js'
import type { NatsConfig } from './manifest.js'
import { messageId } from './message-id.js'
import type { SubjectPattern, Subjects } from './subjects.js'
import { subscribeSink } from './subscriber.js'

/** What the facet needs. */
export interface PubSubDependencies {
  readonly connections: CurrentConnections
  readonly config: NatsConfig
  readonly subjects: Subjects
  readonly context: Pick<AdapterContext, 'clientId' | 'random'>
}

/**
 * Publish and subscribe: with core NATS, at most once, or with `qos` 1 or 2 acknowledged by the JetStream stream that
 * stores the subject. The message id of an acknowledged publish makes retries safe.
 */
export function pubSubFacet(dependencies: PubSubDependencies): PubSubFacet {
  const { connections, config, subjects } = dependencies
  return {
    holdsBack: 'connection',

    publish(topic, payload, options, context) {
      try {
        const current = connections()
        if (options.qos !== undefined && options.qos > 0)
          return publishKept(current, dependencies, topic, payload, options, context)
        refuseUnknown(options)
        const subject = subjects.subject(topic)
        const headers = options.headers && encodeHeaders(options.headers)
        checkSize(current.main, headers, payload)
        const refused = current.refused.reason(subject)
        if (refused !== undefined) return Promise.reject(notPermitted(topic, refused))
        const { writer } = current.main
        writer.publish(subject, undefined, headers, payload)
        return writer.congestion()
      } catch (error) {
        return Promise.reject(publishFailure(topic, error))
      }
    },

    async subscribe(pattern, options, sink, context) {
      if (options.qos !== undefined && options.qos > 0)
        throw new UnsupportedError(
          'subscribe with qos over NATS (use a queue for acknowledged delivery)',
          NEVER_SENT,
        )
      if (options.params !== undefined || options.headers !== undefined)
        throw new UnsupportedError('subscribe with parameters over NATS', NEVER_SENT)
      let wanted: SubjectPattern
      try {
        wanted = subjects.pattern(pattern)
      } catch (error) {
        throw new SubscribeError(pattern, (error as Error).message, NEVER_SENT)
      }
      const { signal } = context
      const operation = `subscribe ${pattern}`
      const current = connections()
      const connection = await untilAborted(current.connection('subscriber'), signal, operation)
      const subscription = {
        operation,
        subjects: wanted.subjects,
        queueGroup: config.queue_group,
        toMessage: toMessage(pattern, wanted),
        failure: (reason: string) => new SubscribeError(pattern, reason),
      }
      return subscribeSink(connection, subscription, sink, current.ended, signal)
    },
  }
}

/** Publishes to an existing stream; publishing never creates one. */
async function publishKept(
  { main, requests }: ConnectionSet,
  { config, subjects, context: adapterContext }: PubSubDependencies,
  topic: string,
  payload: Uint8Array,
  options: PublishOptions,
  context: Attempt,
): Promise<void> {
  if (!config.jetstream || !main.info.jetstream)
    throw new UnsupportedError('publish with qos over NATS without JetStream', NEVER_SENT)
  refuseUnknown(options)
  const failure = (reason: string, context: { retryable?: boolean }) =>
    new PublishError(topic, reason, context)
  try {
    const headers = encodeHeaders({
      ...options.headers,
      ...messageId(options.headers, context, adapterContext),
    })
    const subject = subjects.subject(topic)
    checkSize(main, headers, payload)
    const jetStream = new JetStream(requests, config.domain)
    const kept = await jetStream.publish(
      `publish ${topic}`,
      { subject, headers, payload },
      context.deadline,
      failure,
    )
    if (kept === undefined)
      throw failure('no stream stores this subject: create one, or publish without qos', {})
  } catch (error) {
    throw publishFailure(topic, error)
  }
}

function refuseUnknown({ retain, expiryMs }: PublishOptions): void {
  if (retain === true) throw new UnsupportedError('publish with retain over NATS', NEVER_SENT)
  if (expiryMs !== undefined) throw new UnsupportedError('publish with an expiry over NATS', NEVER_SENT)
}

function notPermitted(topic: string, reason: string): PublishError {
  return new PublishError(topic, `the server does not permit this subject: ${reason}`, {
    notExecuted: true,
    fault: 'local',
  })
}

function publishFailure(topic: string, error: unknown): IntegrationError {
  return error instanceof IntegrationError
    ? error
    : new PublishError(topic, (error as Error).message, { cause: error, ...NEVER_SENT })
}

/**
 * Returns a function that converts received messages. Topics are written in the style of the pattern; a pattern that
 * begins with a wildcard does not match topics that begin with "$" (MQTT 5, section 4.7.2).
 */
function toMessage(
  pattern: string,
  { topicOf }: SubjectPattern,
): (view: MessageView) => InboundMessage | undefined {
  const hidesSystem = pattern.startsWith('#') || pattern.startsWith('+')
  return (view) => {
    let topic = pattern
    if (topicOf !== undefined) {
      const { subject } = view
      if (hidesSystem && subject.startsWith('$')) return undefined
      topic = topicOf(subject)
    }
    const { payload } = view
    if (view.headerSize === 0) return { topic, payload }
    const { headers } = view.headers
    return headers === undefined ? { topic, payload } : { topic, payload, headers }
  }
}
