import { z } from 'zod'
import type { Notification } from './notification.js'
import {
  bytes,
  consumer,
  deliveryShape,
  errorObject,
  eventName,
  headers,
  subscription,
  updateShape,
} from './schemas.js'

const described = <const T extends Readonly<Record<string, Notification>>>(table: T): T => table

/** What the gateway sends without being asked. */
export const NOTIFICATIONS = described({
  message: {
    summary: 'A message of a subscription.',
    params: z.object({
      subscription,
      topic: z.string().meta({ description: 'The topic that it was published to.' }),
      value: z.unknown().meta({ description: 'The decoded payload.' }).optional(),
      bytes: bytes('The payload, with `decode: "bytes"` or if it is bytes.').optional(),
      error: errorObject.meta({ description: 'Why the payload cannot be decoded.' }).optional(),
      headers,
      retain: z
        .boolean()
        .meta({ description: 'Whether the broker had retained it for new subscribers; absent for false.' })
        .optional(),
      dropped: z
        .int()
        .meta({ description: 'How many messages of the subscription were lost so far; absent if unchanged.' })
        .optional(),
    }),
  },
  delivery: {
    summary: 'A message of a consumer. Settle it by `ack` or `nack`.',
    params: z.object({ consumer, ...deliveryShape }),
  },
  update: {
    summary: 'An update of a `data` block that the client watches.',
    params: z.object({ subscription, ...updateShape }),
  },
  ended: {
    summary: 'A subscription or consumer has ended, other than by `unsubscribe` or `stop`.',
    params: z.object({
      subscription: subscription.optional(),
      consumer: consumer.optional(),
      error: errorObject.meta({ description: 'Why; absent if the gateway shuts down.' }).optional(),
    }),
  },
  event: {
    summary: 'An event that `listen` has asked for.',
    params: z.looseObject({
      event: eventName,
      dropped: z
        .int()
        .meta({ description: 'Events that were dropped before it, because the client did not read.' })
        .optional(),
    }),
  },
  handle: {
    summary: 'A call of a method that the client serves. Answer with the result, or with an error.',
    params: z.object({
      integration: z.string().meta({ description: 'Where it came in.' }),
      method: z.string().meta({ description: 'The method that was called.' }),
      params: z.unknown().meta({ description: 'Its parameters.' }).optional(),
      headers,
    }),
    result: z.unknown().meta({ description: 'The answer to the caller.' }),
  },
})
