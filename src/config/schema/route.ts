// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are templates of HCL
import { z } from 'zod'
import { parseTemplate } from '../../core/message-template.js'
import { duration, size, text } from './kinds.js'
import { transforms } from './transform.js'

/** The most messages of a window, so that a resend after a crash stays short. */
const LARGEST_WINDOW = 100_000
const LEAST_BUFFER = 64 * 1024

const integration = text.meta({ refers: 'integration', written: 'string' })

/** Text with paths into the message. */
const template = text
  .transform((given, context) => {
    const parsed = parseTemplate(given)
    if (parsed.ok) return parsed.template
    context.addIssue({
      code: 'custom',
      message: `expected sequences that are paths into the message, such as \${message.topic}; found ${parsed.found}`,
    })
    return z.NEVER
  })
  .meta({ isTemplate: true, written: 'string' })

const qos = z.union([z.literal(0), z.literal(1), z.literal(2)]).optional()

const from = z
  .strictObject({
    integration: integration
      .optional()
      .describe('The integration with the topic, queue or method. Example: `integration.events`.'),
    server: text
      .meta({ refers: 'server', written: 'string' })
      .optional()
      .describe('The `server` block with the method, in place of an integration.'),
    topic: text.optional().describe('Pattern to subscribe to. Example: `"sensors/#"`.'),
    queue: text.optional().describe('Queue to consume.'),
    method: text
      .optional()
      .describe('Method to serve. The caller is answered when the sink has accepted the request.'),
    qos: qos.describe('Quality of service of the subscription. Default: that of the protocol.'),
    format: text.optional().describe('Wire format of payloads. Default: that of the integration.'),
  })
  .describe('Where messages come from: one of `topic`, `queue` and `method`.')
  .meta({ example: 'from { integration = integration.NAME topic = "…" }' })

const target = {
  integration: integration.describe('The integration with the topic, queue or method.'),
  topic: template
    .optional()
    .describe(
      'Topic to publish to. May contain paths into the message. Example: `"archive/${message.topic}"`.',
    ),
  queue: template.optional().describe('Queue to send to. May contain paths into the message.'),
}

const to = z
  .strictObject({
    ...target,
    method: template
      .optional()
      .describe(
        'Method to call with the payload as its parameters. A message is accepted when the call is answered.',
      ),
    qos: qos.describe('Quality of service of each publish. Default: that of the protocol.'),
    retain: z.boolean().optional().describe('Whether the broker retains the message.'),
    format: text.optional().describe('Wire format of payloads. Default: that of the integration.'),
  })
  .describe('Where messages go: one of `topic`, `queue` and `method`.')
  .meta({ example: 'to { integration = integration.NAME queue = "…" }' })

const deadLetter = z
  .strictObject(target)
  .describe(
    'Where messages go that cannot be delivered. Default: they are only reported, by the event `message:dead`.',
  )

const batch = z
  .strictObject({
    messages: z.int().min(1).max(10_000).default(100).describe('Maximum number of calls in a request.'),
    bytes: size().prefault('1MB').describe('Maximum bytes of payload in a request.'),
    within: duration().prefault('5ms').describe('How long a call may wait for others.'),
  })
  .describe(
    'Sends several calls in one request; of a sink with `method`. Topics and queues need no batches: their messages are sent without waiting for each other.',
  )

const idempotency = z
  .strictObject({
    key: template.describe(
      'Identifies a message. A message without this value is always new. Example: `"${message.headers.id}"`.',
    ),
    store: z
      .enum(['memory', 'disk'])
      .default('memory')
      .describe('Where keys are remembered. On `disk` they outlive a crash of the actor and of the process.'),
    path: text.meta({ path: 'any' }).optional().describe('Folder for keys on disk. One route uses it alone.'),
    window: duration().prefault('10m').describe('How long the key of an accepted message is remembered.'),
    limit: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(100_000)
      .describe('Maximum number of keys. Beyond it, the oldest is forgotten.'),
  })
  .describe('Drops redeliveries of messages that the sink has accepted.')

const buffer = z
  .strictObject({
    type: z
      .enum(['memory', 'disk'])
      .describe(
        'Where messages wait: `memory` loses them at a crash; with `disk` the source is acknowledged when a message is on the disk.',
      ),
    path: text
      .meta({ path: 'any' })
      .optional()
      .describe('Folder of a buffer on disk. One route uses it alone.'),
    max_bytes: size(LEAST_BUFFER).prefault('256MB').describe('Maximum size of the buffer.'),
    max_age: duration().optional().describe('Messages older than this are dropped. Default: no limit.'),
    when_full: z
      .enum(['block', 'drop-oldest', 'drop-newest'])
      .default('block')
      .describe('What happens when the buffer is full: `block` holds the source back.'),
    drain: z
      .strictObject({
        rate: z.int().min(1).describe('Maximum number of messages per second that leave the buffer.'),
      })
      .optional()
      .describe('Limits how fast a full buffer empties.'),
  })
  .describe('A buffer between source and sink, for a sink that may be away for long.')

/** Schema of a `route` block. */
export const route = z
  .strictObject({
    from,
    to,
    transform: transforms.optional(),
    key: template
      .optional()
      .describe(
        'Messages with the same key reach the sink in order and one at a time. Example: `"${message.headers.device}"`.',
      ),
    concurrency: z
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .describe(
        'How many messages may be in flight to the sink. `1` keeps the order even if an attempt fails. Default: 1 for a method, else `window`.',
      ),
    window: z
      .int()
      .min(1)
      .max(LARGEST_WINDOW)
      .default(1_024)
      .describe('Maximum number of messages between source and sink that the sink has not accepted.'),
    window_bytes: size().prefault('16MB').describe('Maximum bytes of payload between source and sink.'),
    overflow: z
      .enum(['block', 'drop-oldest', 'drop-newest'])
      .default('block')
      .describe(
        'What happens to messages of a topic without acknowledgement, if the sink does not keep up and the mailbox of the source is full. With an acknowledgement the broker keeps them.',
      ),
    max_attempts: z
      .int()
      .min(1)
      .max(1_000)
      .default(5)
      .describe(
        'How often a message is tried that the sink refuses. While the sink cannot be reached no attempt counts.',
      ),
    max_hops: z
      .int()
      .min(1)
      .max(1_000)
      .default(16)
      .describe(
        'Maximum number of routes that a message may pass through, so that a cycle ends. Counted in the header `nemo-hops`.',
      ),
    batch: batch.optional(),
    dead_letter: deadLetter.optional(),
    idempotency: idempotency.optional(),
    buffer: buffer.optional(),
  })
  .describe('Moves messages from one integration to another, without the thread of the application.')

export type Route = z.output<typeof route>
