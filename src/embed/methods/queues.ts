import { z } from 'zod'
import { type Method, method } from '../method.js'
import {
  consumer,
  delivery,
  deliveryShape,
  durationOf,
  format,
  given,
  headers,
  integration,
  payloadBytes,
  payloadOf,
  settled,
  timeout,
  value,
} from '../schemas.js'

const queue = z.string().min(1).meta({ description: 'The queue, as the broker calls it.' })

/** The methods of queues. */
export const QUEUES: Readonly<Record<string, Method>> = {
  send: method({
    summary: 'Puts a message into a queue. Answers when the broker has it.',
    params: z.strictObject({
      integration,
      queue,
      value,
      bytes: payloadBytes,
      headers,
      delay: durationOf('Milliseconds or text such as `"2s"` that the broker waits before it delivers it.'),
      format,
      timeout,
    }),
    result: z.string().meta({ description: 'The broker’s id of the message.' }),
    errors: ['enqueue'],
    run: ({ integration: of, queue: to, value: _, bytes: __, ...rest }, { gateway }) =>
      gateway.queue(of).send(to, payloadOf({ value: _, bytes: __ }), given(rest)),
  }),
  receive: method({
    summary: 'Takes one message from a queue, and waits for it. Settle it by `ack` or `nack`.',
    params: z.strictObject({ integration, queue, timeout, format }),
    result: z
      .union([z.object(deliveryShape), z.null()])
      .meta({ description: 'The delivery; null if none came in time.' }),
    errors: ['dequeue'],
    cancellable: true,
    async run({ integration: of, queue: from, ...rest }, { gateway, session, signal }) {
      const message = await gateway.queue(of).receive(from, given({ ...rest, signal }))
      return message === undefined ? null : session.hold(message)
    },
  }),
  consume: method({
    summary:
      'Consumes a queue: `delivery` notifications follow, at most `concurrency` unsettled at a time, and at last `ended`.',
    params: z.strictObject({
      integration,
      queue,
      concurrency: z
        .int()
        .min(1)
        .max(65_535)
        .meta({ description: 'The most deliveries that are not settled. Default 1.' })
        .optional(),
      maxDeliveries: z
        .int()
        .min(1)
        .meta({ description: 'A message is dead-lettered after this many failed deliveries.' })
        .optional(),
      deadLetter: z.string().min(1).meta({ description: 'The queue for dead letters.' }).optional(),
      retryDelay: durationOf(
        'How long a message waits before it is delivered again after a `nack` without delay.',
      ),
      format,
    }),
    result: z.object({ consumer }),
    errors: ['dequeue'],
    run({ integration: of, queue: from, ...rest }, { gateway, session, afterAnswer }) {
      const id = session.reserve()
      try {
        const opened = gateway.queue(of).consume(from, given(rest))
        afterAnswer(() => session.feedConsumer(id, opened))
        return { consumer: id }
      } catch (error) {
        session.release(id)
        throw error
      }
    },
  }),
  ack: method({
    summary: 'Acknowledges a delivery, which the broker then deletes.',
    params: z.strictObject({ delivery }),
    result: settled,
    errors: ['ack'],
    run: ({ delivery: number }, { session }) => session.deliveries.ack(number),
  }),
  nack: method({
    summary: 'Gives a delivery back to be delivered again.',
    params: z.strictObject({
      delivery,
      delay: durationOf(
        'Milliseconds or text such as `"2s"` before it is delivered again. Default: it grows.',
      ),
      reason: z.string().meta({ description: 'Why; part of the dead letter if it becomes one.' }).optional(),
    }),
    result: settled,
    errors: ['ack'],
    run: ({ delivery: number, ...rest }, { session }) => session.deliveries.nack(number, given(rest) ?? {}),
  }),
  stop: method({
    summary:
      'Ends a consumer. Answers when its deliveries are settled, at most after the time-out of the integration.',
    params: z.strictObject({ consumer }),
    result: z.boolean().meta({ description: 'false if it has ended before.' }),
    errors: [],
    run: ({ consumer: id }, { session }) => session.close('consumer', id),
  }),
}
