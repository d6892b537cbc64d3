import { z } from 'zod'
import type { AdapterManifest } from '../../core/manifest.js'
import { topicNameFault } from '../../core/topic-pattern.js'
import { durationWithin } from '../config-kinds.js'

/** The longest session expiry that MQTT can express (a four-byte number of seconds), in milliseconds. */
const LONGEST_EXPIRY_MS = 0xffff_ffff * 1_000

const qos = z.union([z.literal(0), z.literal(1), z.literal(2)])

/** A topic that can be published to. */
const topic = z.string().superRefine((name, context) => {
  const fault = topicNameFault(name)
  if (fault !== undefined) context.addIssue({ code: 'custom', message: `the topic is invalid: ${fault}` })
})

/** A share group name, which cannot contain wildcards or slashes (MQTT 5, section 4.8.2). */
const groupName = z.string().regex(/^[^/+#\0]+$/, 'expected a name without "/", "+" and "#"')

const config = z.strictObject({
  client_id: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The client id of the connection that publishes and calls. Receivers have separate connections, opened on first use: `ID-sub` for subscriptions, `ID-serve` for served methods, `ID-queue-QUEUE` for each consumed queue. A broker that admits clients by id must admit these too.',
    ),
  keep_alive: durationWithin(1_000, 65_535_000)
    .default(60_000)
    .describe('The keep-alive interval; pings are sent twice per interval.'),
  clean_session: z
    .boolean()
    .default(true)
    .describe(
      'Whether the broker drops the sessions when a connection ends. With `false` it keeps messages for `ID-sub` and `ID-serve`, and exchanges of QoS 1 and 2 in flight. `ID-queue-QUEUE` survives the loss of a connection in any case.',
    ),
  qos: qos.default(0).describe('The quality of service of publishes and subscriptions that do not set one.'),
  protocol_version: z
    .union([z.literal('auto'), z.literal(5), z.literal('3.1.1')])
    .default('auto')
    .describe('The protocol version. `auto` tries 5, then 3.1.1 if the broker refuses it.'),
  session_expiry: durationWithin(0, LONGEST_EXPIRY_MS)
    .default(3_600_000)
    .describe('How long the broker keeps a session after its connection has ended; MQTT 5 only.'),
  receive_maximum: z
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(1_024)
    .describe('How many messages may be unacknowledged on each connection; MQTT 5 only.'),
  queue_group: groupName.default('nemo-workers').describe('The group that shares the messages of a queue.'),
  queue_takeover: z
    .boolean()
    .default(false)
    .describe(
      "Whether another member takes over the unacknowledged messages of a dead member of the group; MQTT 5 only. Members publish their state under `nemo/orphans/GROUP/` and connect with each other's client ids. Risk: a member that loses the broker for longer than one or two seconds counts as dead, and its messages are handled twice.",
    ),
  response_topic_prefix: topic
    .optional()
    .describe('The prefix of the topics on which answers to calls arrive.'),
  token_username: z
    .string()
    .optional()
    .describe(
      'The user name sent with a token; `auth` of type `bearer` or `jwt` sends the token as the password.',
    ),
  will: z
    .strictObject({
      topic: topic.describe('The topic of the will.'),
      payload: z.string().describe('The payload of the will.'),
      qos: qos.default(0).describe('The quality of service of the will.'),
      retain: z
        .boolean()
        .default(false)
        .describe('Whether the broker retains the will for later subscribers.'),
    })
    .optional()
    .describe('The message that the broker publishes when the main connection is lost.'),
})

/**
 * The size of the shared memory for kept sessions and served requests, as in `connection-memory.ts`, which this file cannot import because
 * the host thread reads it.
 */
const KEPT_BYTES = 2 * (16 + 8_192 + 2 * 1_024 * 16) + 8 + 2_048 * 8

/** The validated `config` block with its defaults; durations are in milliseconds. */
export type MqttConfig = z.output<typeof config>
/** As the configuration writes it. */
export type MqttConfigInput = z.input<typeof config>

/** Describes the MQTT adapter to the host without loading it. */
export const mqttManifest: AdapterManifest = {
  type: 'mqtt',
  capabilities: ['call', 'notify', 'serve', 'publish', 'subscribe', 'enqueue', 'dequeue'],
  // With `auto` the broker may speak 3.1.1, which has no user properties.
  carriesHeaders: ({ config }) => (config.protocol_version === 5 ? ['publish', 'enqueue'] : []),
  acknowledges: { subscribe: 'with-qos', publish: 'with-qos' },
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
  identity: 'distinct',
  exclusive: ({ config: { client_id } }) =>
    client_id === undefined
      ? undefined
      : {
          attribute: 'config.client_id',
          reason: 'the broker ends a connection when another one uses its client id',
        },
  session: ({ config, endpoint, discovery }) => {
    const { client_id, clean_session, queue_group } = config as MqttConfig
    const { addresses, port, path } = endpoint
    const brokers = (discovery === undefined ? addresses : ['']).map((address) =>
      JSON.stringify([address, port, path, discovery]),
    )
    return {
      ...(client_id !== undefined && { clientId: client_id }),
      isKept: !clean_session,
      group: queue_group,
      brokers,
    }
  },
  keptBytes: ({ config: { clean_session } }) => (clean_session === false ? KEPT_BYTES : 0),
  needsEndpoint: true,
  addresses: {
    schemes: { mqtt: 1883, tcp: 1883, mqtts: 8883, ssl: 8883, ws: 80, wss: 443 },
    secured: { mqtt: 'mqtts', tcp: 'ssl', ws: 'wss' },
    unix: true,
  },
  worker: () => new URL('../../../workers/mqtt.cjs', import.meta.url),
}
