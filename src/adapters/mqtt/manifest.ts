import { z } from 'zod'
import type { AdapterManifest } from '../../core/manifest.js'
import { topicNameFault } from '../../core/topic-pattern.js'
import { durationWithin } from '../config-kinds.js'

/** The longest session expiry that MQTT can express, in milliseconds (a four-byte number of seconds). */
const LONGEST_EXPIRY_MS = 0xffff_ffff * 1_000

const qos = z.union([z.literal(0), z.literal(1), z.literal(2)])

/** A topic that can be published to. */
const topic = z.string().superRefine((name, context) => {
  const fault = topicNameFault(name)
  if (fault !== undefined) context.addIssue({ code: 'custom', message: `is not a topic: ${fault}` })
})

/** A level of a topic filter: the name of a share group may hold neither wildcards nor slashes (MQTT 5, 4.8.2). */
const groupName = z.string().regex(/^[^/+#\0]+$/, 'expected a name without "/", "+" and "#"')

const config = z.strictObject({
  client_id: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Of the connection that publishes and calls. Receivers have separate connections, opened on first use: `ID-sub` for subscriptions, `ID-serve` for methods that are served, `ID-queue-QUEUE` for each queue that is consumed. A broker that admits clients by their ids has to admit those too.',
    ),
  keep_alive: durationWithin(1_000, 65_535_000)
    .default(60_000)
    .describe('How long a connection may be silent before a sign of life is sent.'),
  clean_session: z
    .boolean()
    .default(true)
    .describe(
      '`false`: the broker keeps the sessions while we are away, with what is published for `ID-sub` and `ID-serve` and with the exchanges of QoS 1 and 2 in flight. `ID-queue-QUEUE` survives the loss of a connection in any case.',
    ),
  qos: qos
    .default(0)
    .describe(
      'The quality of service of what is published and subscribed, where an operation names no other.',
    ),
  protocol_version: z
    .union([z.literal('auto'), z.literal(5), z.literal('3.1.1')])
    .default('auto')
    .describe('`auto`: 5, and 3.1.1 where the broker refuses it.'),
  session_expiry: durationWithin(0, LONGEST_EXPIRY_MS)
    .default(3_600_000)
    .describe('For how long the broker keeps a session without its connection; MQTT 5 only.'),
  receive_maximum: z
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(1_024)
    .describe('Unacknowledged messages per connection; MQTT 5 only.'),
  queue_group: groupName.default('nemo-workers').describe('The group that shares the messages of a queue.'),
  queue_takeover: z
    .boolean()
    .default(false)
    .describe(
      "Whether the messages that a dead member of the group leaves behind move over to another; MQTT 5 only. The members tell of each other under `nemo/orphans/GROUP/`, and connect under each other's client ids. The risk: a member that is cut off from the broker for longer than a second or two counts as dead, and its messages are handled twice.",
    ),
  response_topic_prefix: topic.optional().describe('Begins the topics on which answers to calls arrive.'),
  token_username: z
    .string()
    .optional()
    .describe(
      'The user name that goes with a token: `auth` of type `bearer` or `jwt` sends the token as the password.',
    ),
  will: z
    .strictObject({
      topic: topic.describe('Where the broker publishes it.'),
      payload: z.string().describe('What it says.'),
      qos: qos.default(0).describe('Its quality of service.'),
      retain: z.boolean().default(false).describe('Whether the broker keeps it for later subscribers.'),
    })
    .optional()
    .describe('What the broker publishes when the connection that publishes is lost.'),
})

/** Shared memory for the sessions that are kept: as large as `connection-memory.ts` says, which only a worker loads. */
const KEPT_BYTES = 2 * (16 + 8_192 + 2 * 1_024 * 16)

/** The `config` block as the adapter finds it in its settings: checked, completed, durations in milliseconds. */
export type MqttConfig = z.output<typeof config>

/** What the gateway knows of MQTT without loading it (DESIGN sections 3 and 8). */
export const mqttManifest: AdapterManifest = {
  type: 'mqtt',
  capabilities: ['call', 'notify', 'serve', 'publish', 'subscribe', 'enqueue', 'dequeue'],
  remarks: {
    call: 'yes, notification (MQTT 5: response topic and correlation data)',
    publish: 'QoS 0, 1, 2, retain',
    subscribe: '`+`, `#`',
    enqueue: 'QoS ≥ 1',
    dequeue: '`$share` group, acknowledged after the handler',
  },
  defaultFormat: 'msgpack',
  formats: ['msgpack', 'json', 'binary', 'protobuf'],
  auth: ['none', 'basic', 'password', 'bearer', 'jwt', 'mtls'],
  config,
  defaultPort: 1883,
  keptBytes: ({ config: { clean_session } }) => (clean_session === false ? KEPT_BYTES : 0),
  needsEndpoint: true,
  addresses: {
    schemes: { mqtt: 1883, tcp: 1883, mqtts: 8883, ssl: 8883, ws: 80, wss: 443 },
    secured: { mqtt: 'mqtts', tcp: 'ssl', ws: 'wss' },
    unix: true,
  },
  worker: () => new URL('../../../workers/mqtt.mjs', import.meta.url),
}
