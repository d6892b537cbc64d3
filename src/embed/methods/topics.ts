import { z } from 'zod'
import type { SubscribeOptions } from '../../core/operation-options.js'
import { OVERFLOW_POLICIES } from '../../core/overflow.js'
import { type Method, method } from '../method.js'
import {
  credit,
  durationOf,
  format,
  given,
  headers,
  integration,
  messageCount,
  nothing,
  payloadBytes,
  payloadOf,
  subscription,
  timeout,
  value,
} from '../schemas.js'

const qos = z
  .literal([0, 1, 2])
  .meta({ description: 'MQTT’s quality of service. Default: that of the integration.' })
  .optional()
const transform = z.union([z.string().min(1), z.looseObject({})])

/** The methods of publish/subscribe. */
export const TOPICS: Readonly<Record<string, Method>> = {
  publish: method({
    summary:
      'Publishes a message. Answers when the broker has acknowledged it, or when it was written if the protocol acknowledges nothing.',
    params: z.strictObject({
      integration,
      topic: z.string().min(1).meta({ description: 'The topic, as the broker writes it.' }),
      value,
      bytes: payloadBytes,
      qos,
      retain: z
        .boolean()
        .meta({ description: 'Whether the broker keeps it for new subscribers.' })
        .optional(),
      headers,
      expiry: durationOf('Milliseconds or text such as `"2s"` after which the broker discards it.'),
      format,
      timeout,
    }),
    result: nothing,
    errors: ['publish'],
    async run({ integration: of, topic, value: _, bytes: __, ...rest }, { gateway }) {
      await gateway.pubsub(of).publish(topic, payloadOf({ value: _, bytes: __ }), given(rest))
      return null
    },
  }),
  subscribe: method({
    summary:
      'Subscribes to the topics that match a pattern. Answers when the broker has granted it; `message` notifications follow, and at last `ended`.',
    params: z.strictObject({
      integration,
      topic: z.string().min(1).meta({ description: 'A pattern with the wildcards of the broker.' }),
      credit,
      decode: z
        .enum(['value', 'bytes'])
        .meta({ description: 'What messages contain: `value` (default) or the `bytes` of the payload.' })
        .optional(),
      overflow: z
        .enum(OVERFLOW_POLICIES)
        .meta({
          description:
            'What happens if the client is too slow. `block` (default) holds the broker back, `reject` ends the subscription.',
        })
        .optional(),
      transform: z
        .union([transform, z.array(transform)])
        .meta({
          description:
            'A jq query, a `transform` block as an object, or a list of both. Messages then have the results (docs/transforms.md).',
        })
        .optional(),
      conflate: durationOf('Sends only the newest message of each topic, at most once in this time.'),
      qos,
      params: z.unknown().meta({ description: 'Parameters of a subscription that is a method.' }).optional(),
      headers,
      format,
      timeout,
    }),
    result: z.object({ subscription }),
    errors: ['subscribe'],
    cancellable: true,
    async run(
      { integration: of, topic, credit: messages, ...rest },
      { gateway, session, signal, afterAnswer },
    ) {
      const id = session.reserve()
      try {
        // The client checks the transforms, as all options.
        const options = given({ ...rest, signal }) as SubscribeOptions | undefined
        const opened = await gateway.pubsub(of).subscribe(topic, options)
        afterAnswer(() => session.feedSubscription(id, opened, messages ?? Number.POSITIVE_INFINITY))
        return { subscription: id }
      } catch (error) {
        session.release(id)
        throw error
      }
    },
  }),
  credit: method({
    summary: 'Lets a subscription with `credit` send more messages. Usually sent as a notification.',
    params: z.strictObject({
      subscription,
      messages: messageCount.meta({ description: 'How many more.' }),
    }),
    result: nothing,
    errors: [],
    run({ subscription: id, messages: more }, { session }) {
      session.credit(id, more)
      return null
    },
  }),
  unsubscribe: method({
    summary: 'Ends a subscription. No message of it follows the answer.',
    params: z.strictObject({ subscription }),
    result: z.boolean().meta({ description: 'false if it has ended before.' }),
    errors: [],
    run: ({ subscription: id }, { session }) => session.close('subscription', id),
  }),
}
