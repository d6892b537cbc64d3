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
  /**
   * Of the connection that publishes and calls. Receivers have connections of their own, opened on first use:
   * `ID-sub` for subscriptions, `ID-serve` for methods that are served, `ID-queue` for queues. A broker that
   * admits clients by their ids has to admit those too.
   */
  client_id: z.string().min(1).optional(),
  keep_alive: durationWithin(1_000, 65_535_000).default(60_000),
  /** `false`: the broker keeps what is published for `ID-sub` and `ID-serve` while they are away. `ID-queue` always. */
  clean_session: z.boolean().default(true),
  qos: qos.default(0),
  protocol_version: z.union([z.literal('auto'), z.literal(5), z.literal('3.1.1')]).default('auto'),
  /** For how long it does that; MQTT 5 only. */
  session_expiry: durationWithin(0, LONGEST_EXPIRY_MS).default(3_600_000),
  /** Unacknowledged messages per connection; MQTT 5 only. */
  receive_maximum: z.number().int().min(1).max(65_535).default(1_024),
  queue_group: groupName.default('nemo-workers'),
  /**
   * Whether the messages that a member of the group leaves behind move over to another; MQTT 5 only. The members
   * tell of each other under `nemo/orphans/GROUP/`, and take over each other's sessions `ID-queue`.
   */
  queue_takeover: z.boolean().default(true),
  response_topic_prefix: topic.optional(),
  /** The user name that goes with a token: `auth` of type `bearer` or `jwt` sends the token as the password. */
  token_username: z.string().optional(),
  /** Belongs to the connection that publishes. */
  will: z
    .strictObject({
      topic,
      payload: z.string(),
      qos: qos.default(0),
      retain: z.boolean().default(false),
    })
    .optional(),
})

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
  needsEndpoint: true,
  worker: new URL('../../../workers/mqtt.js', import.meta.url),
}
