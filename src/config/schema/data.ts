import { z } from 'zod'
import { duration, text } from './kinds.js'
import { lateValue, nameOf } from './late.js'
import { transforms } from './transform.js'

/** The types of `data` blocks. */
export const DATA_TYPES = ['rpc', 'subscription', 'queue'] as const
export type DataType = (typeof DATA_TYPES)[number]

const headers = z.record(z.string(), z.string()).optional()
const format = text
  .optional()
  .describe('A wire format of the protocol. Default: the `format` of the integration.')

const COMMON = {
  integration: nameOf('integration').describe(
    'The integration, as `integration.NAME` or as text. Example: `integration.backend`.',
  ),
}

const UPDATE = {
  update: z
    .enum(['replace', 'append', 'partial'])
    .default('replace')
    .describe(
      'How a new value changes the data: `replace` replaces it, `append` adds the new value to a list, `partial` applies it as a merge patch (RFC 7396).',
    ),
  limit: z
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe('Maximum length of the list with `update = "append"`. The oldest values are dropped.'),
  transform: transforms.optional(),
}

const BLOCKS = {
  rpc: z.strictObject({
    type: z.literal('rpc').describe('Calls a method at intervals.'),
    ...COMMON,
    method: text.describe('The method to call. Example: `"users.list"`.'),
    params: lateValue('data').describe(
      'Parameters of the call. They may use the values of other `data` blocks.',
    ),
    headers: headers.describe('Headers or metadata of the call.'),
    interval: duration()
      .optional()
      .describe('Time between two calls. Default: one call at the start, and one for each `refresh`.'),
    jitter: z
      .number()
      .min(0)
      .max(1)
      .default(0.1)
      .describe(
        'Share of each interval that is random: 0.1 shortens it by up to 10 %, so that many gateways do not call at once.',
      ),
    timeout: duration().optional().describe('Time limit of a call with all attempts.'),
    idempotent: z
      .boolean()
      .default(true)
      .describe('Whether a call may be repeated after its connection or actor is lost.'),
    ...UPDATE,
  }),
  subscription: z.strictObject({
    type: z.literal('subscription').describe('Subscribes to topics.'),
    ...COMMON,
    topic: text.describe('The topic, or a pattern with the wildcards of the broker. Example: `"prices/#"`.'),
    qos: z
      .union([z.literal(0), z.literal(1), z.literal(2)])
      .optional()
      .describe('Quality of service of MQTT. Default: that of the integration.'),
    format,
    params: z
      .unknown()
      .optional()
      .describe('Parameters of a subscription that is a method of a service (gRPC, JSON-RPC).'),
    headers: headers.describe('Headers or metadata of the request that opens the subscription.'),
    conflate: duration()
      .optional()
      .describe('Passes only the newest message of each topic, at most once in this time.'),
    overflow: z
      .enum(['block', 'drop-oldest', 'drop-newest'])
      .default('block')
      .describe('What happens when messages come faster than they are taken: `block` holds the broker back.'),
    ...UPDATE,
  }),
  queue: z.strictObject({
    type: z.literal('queue').describe('Consumes a queue.'),
    ...COMMON,
    queue: text.describe('The queue. Each message is acknowledged when its update has been taken.'),
    format,
    max_deliveries: z
      .int()
      .min(1)
      .optional()
      .describe(
        'A message is dead-lettered after this many failed deliveries. Default: that of the integration.',
      ),
    dead_letter: text
      .optional()
      .describe('The queue for dead letters. Default: they are only reported (`message:dead`).'),
    ...UPDATE,
  }),
} as const

const DATA_DESCRIPTION =
  'A value that stays up to date: the result of a call, the messages of a subscription or of a queue.'

/** Builds the schema of a `data` block of a type. */
export function dataOf(type: DataType): z.ZodObject {
  return BLOCKS[type].describe(DATA_DESCRIPTION)
}

/** The `type` alone, which determines the schema of the rest of the block. */
export const dataType = z.looseObject({ type: z.enum(DATA_TYPES) })
