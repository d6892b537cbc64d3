import { z } from 'zod'
import { duration, ofManifest, text } from './kinds.js'
import { lateCondition, lateHeaders, lateText, lateValue, nameOf } from './late.js'

/** The types of `action` blocks. */
export const ACTION_TYPES = [
  'rpc',
  'publish',
  'enqueue',
  'sequence',
  'parallel',
  'conditional',
  'log',
  'script',
] as const
export type ActionType = (typeof ACTION_TYPES)[number]

const ALL = ['trigger', 'data', 'action'] as const
const integration = nameOf('integration').describe(
  'The integration, as `integration.NAME` or as text. Example: `integration.backend`.',
)
const format = text
  .optional()
  .describe('A wire format of the protocol. Default: the `format` of the integration.')
const message = lateValue(...ALL).describe('The message. Default, also for `{}`: the trigger.')
const headers = lateHeaders(...ALL)
const actions = z.array(nameOf('action')).min(1)

/** The schema of `config` for each type of action. */
export const ACTION_CONFIGS = {
  rpc: z
    .strictObject({
      integration,
      method: lateText(...ALL).describe('The method to call. Example: `"orders.create"`.'),
      params: lateValue(...ALL).describe('Parameters of the call. Default, also for `{}`: the trigger.'),
      headers: headers.describe('Headers or metadata of the call.'),
      idempotent: z
        .boolean()
        .default(false)
        .describe('Whether the call may be repeated after its connection or actor is lost.'),
    })
    .describe('Calls a method. The result of the action is that of the call.'),
  publish: z
    .strictObject({
      integration,
      topic: lateText(...ALL).describe('The topic. Example: `"orders/created"`.'),
      message,
      qos: z
        .union([z.literal(0), z.literal(1), z.literal(2)])
        .optional()
        .describe('Quality of service of MQTT. Default: that of the integration.'),
      retain: z.boolean().optional().describe('Whether the broker keeps the message for new subscribers.'),
      headers: headers.describe('Headers of the message, where the protocol has them.'),
      expiry: duration().optional().describe('Time after which the broker discards the message.'),
      format,
    })
    .describe('Publishes a message. The action has no result.'),
  enqueue: z
    .strictObject({
      integration,
      queue: lateText(...ALL).describe('The queue. Example: `"jobs"`.'),
      message,
      headers: headers.describe('Headers of the message, where the protocol has them.'),
      delay: duration().optional().describe('Time that the broker waits before it delivers the message.'),
      format,
    })
    .describe('Puts a message into a queue. The result of the action is the id of the message.'),
  sequence: z
    .strictObject({
      actions: actions.describe(
        'The actions, in order. Each sees the results of those before it as `action.NAME.result`. The first failure ends the sequence.',
      ),
    })
    .describe('Runs actions one after the other. The result of the action is that of the last.'),
  parallel: z
    .strictObject({
      actions: actions.describe('The actions. All run to their end, also if one fails.'),
    })
    .describe('Runs actions at the same time. The result of the action is the list of their results.'),
  conditional: z
    .strictObject({
      condition: lateCondition(...ALL).describe('The condition. Example: `trigger.value.price > 10`.'),
      // biome-ignore lint/suspicious/noThenProperty: a name of the configuration
      then: nameOf('action').optional().describe('The action that runs if the condition is true.'),
      else: nameOf('action').optional().describe('The action that runs if the condition is false.'),
    })
    .describe('Runs one of two actions. The result of the action is that of the other; `null` if none runs.'),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Level of the line.'),
      message: lateText(...ALL).describe('The line. Example: `"a price has changed"`.'),
      fields: lateValue(...ALL).describe('Fields of the line, as an object.'),
    })
    .describe('Writes a line to the log. The action has no result.'),
  script: z
    .strictObject({
      function: nameOf('script').describe(
        'The function, as `script.NAME.FUNCTION` or as text. Example: `script.orders.total`.',
      ),
      params: lateValue(...ALL).describe('Its parameters. Default, also for `{}`: the trigger.'),
    })
    .describe('Calls a function of a script. The result of the action is that of the function.'),
} as const

/** Schema of an `action` block. `config` is read by the schema of its type. */
export const action = z
  .strictObject({
    type: z.enum(ACTION_TYPES).describe('What the action does.'),
    timeout: duration().prefault('30s').describe('Time limit of a run as a whole.'),
    config: ofManifest.describe('Settings of the action.'),
  })
  .describe('Something that the gateway does: for an event of an `on` block, or when the application asks.')
