import { z } from 'zod'
import type { AdapterManifest } from '../../core/manifest.js'
import { durationWithin } from '../config-kinds.js'

const DAY_MS = 86_400_000
/** JetStream counts in nanoseconds of 63 bits; this is well within. */
const LONGEST_MS = 36_500 * DAY_MS

/** One token of a subject, which is also what names of streams, consumers and queue groups must be. */
const token = z.string().regex(/^[^\s.*>/\\]+$/, 'expected a name without dots, slashes, "*", ">" and spaces')

/** A subject without wildcards. */
const subject = z.string().regex(/^[^\s.*>]+(\.[^\s.*>]+)*$/, 'expected a subject such as "jobs.dead"')

/** A subject that may have wildcards. */
const subjectPattern = z
  .string()
  .regex(/^([^\s.>]+\.)*([^\s.>]+|>)$/, 'expected a subject such as "jobs.*" or "jobs.>"')

const stream = z.strictObject({
  name: token
    .optional()
    .describe('One stream for all queues of the integration; without it each queue has a separate one.'),
  subjects: z
    .array(subjectPattern)
    .default([])
    .describe('What a stream that is created keeps beside the queues themselves.'),
  create: z.boolean().default(true).describe('`false`: only streams that are there are used.'),
  storage: z.enum(['file', 'memory']).default('file').describe('Where the stream is kept.'),
  replicas: z.number().int().min(1).max(5).default(1).describe('How many servers of a cluster keep it.'),
  retention: z
    .enum(['workqueue', 'limits', 'interest'])
    .default('workqueue')
    .describe('`workqueue` forgets a message once it is acknowledged.'),
  max_age: durationWithin(100, LONGEST_MS)
    .optional()
    .describe('How long a message is kept; any time without it.'),
  max_bytes: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe('How many bytes it may hold; any number without it.'),
  max_messages: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe('How many messages it may hold; any number without it.'),
  discard: z
    .enum(['new', 'old'])
    .default('new')
    .describe('What happens when it is full: `new` refuses the sender, `old` forgets the oldest message.'),
  duplicate_window: durationWithin(100, LONGEST_MS)
    .default(120_000)
    .describe('For how long a message that is sent twice under one id is kept once.'),
  compression: z.enum(['none', 's2']).default('none').describe('Needs a server of version 2.10.'),
})

const consumer = z.strictObject({
  name: token.optional().describe('Made of the name of the queue when absent.'),
  ack_wait: durationWithin(100, LONGEST_MS)
    .optional()
    .describe(
      'How long a message may be in hand, without a word on it, before the server gives it to somebody else: 5 s when absent, or 30 s without `extend`.',
    ),
  extend: z
    .boolean()
    .default(true)
    .describe(
      'Tells the server while a handler is still working, so that a message whose gateway has died is soon back.',
    ),
  max_deliver: z
    .union([z.literal(-1), z.number().int().min(1)])
    .default(-1)
    .describe(
      'Deliveries of one message, of which a handler has seen each; -1: as many as the consumer allows.',
    ),
  dead_letter: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The queue that gets what was delivered `max_deliver` times; without it such messages are dead letters of the consumer.',
    ),
  max_ack_pending: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe('Messages in hand of all receivers together.'),
})

const service = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, 'expected letters, digits, "_" and "-"')
    .optional()
    .describe('The name of the integration when absent.'),
  version: z
    .string()
    .regex(/^\d+\.\d+\.\d+([-+][\w.+-]+)?$/, 'expected a version such as "1.0.0"')
    .default('0.0.1')
    .describe('The version of the service.'),
  description: z.string().default('').describe('What the service is for.'),
  queue_group: token.default('q').describe('The servers of one method share its requests within this group.'),
})

const config = z.strictObject({
  name: z
    .string()
    .min(1)
    .optional()
    .describe('How the server calls this connection in its reports; made up when absent.'),
  jetstream: z
    .boolean()
    .default(true)
    .describe('Queues, and publishes with `qos` 1, are kept by JetStream; `false`: there are none.'),
  domain: token.optional().describe('The JetStream domain, on a leaf node for example.'),
  queue_group: token
    .optional()
    .describe('Every subscription joins this group: each message goes to one of its members.'),
  topic_style: z
    .enum(['auto', 'nats'])
    .default('auto')
    .describe(
      '`auto`: a topic with a slash is read as in MQTT, with `+` and `#`; any other is a subject, with `*` and `>`. `nats`: every topic is a subject as it stands.',
    ),
  ping_interval: durationWithin(50, DAY_MS)
    .default(30_000)
    .describe(
      'A connection that is silent for this long is asked for a sign of life, and lost if none comes in as long again.',
    ),
  discover: z
    .boolean()
    .default(true)
    .describe('Whether the servers of the cluster that a server tells of are tried as well.'),
  inbox_prefix: subject.default('_INBOX').describe('Answers arrive below this subject.'),
  prefetch: z
    .number()
    .int()
    .min(0)
    .max(10_000)
    .default(0)
    .describe('Messages that a receiver of a queue asks for beyond what it can take at once.'),
  stream: stream
    .prefault({})
    .describe('The stream that keeps a queue: bound when there is one, else created like this.'),
  consumer: consumer
    .prefault({})
    .describe(
      'The durable pull consumer of a queue, which all its receivers share: bound when there is one, else created.',
    ),
  service: service
    .prefault({})
    .describe(
      'How the methods that are served present themselves to those who look for services (`nats micro ls`).',
    ),
})

/** The `config` block as the adapter finds it in its settings: checked, completed, durations in milliseconds. */
export type NatsConfig = z.output<typeof config>

const WITHOUT_QUEUES = ['call', 'notify', 'batch', 'serve', 'publish', 'subscribe'] as const

/** What the gateway knows of NATS without loading it (DESIGN sections 3 and 8). */
export const natsManifest: AdapterManifest = {
  type: 'nats',
  capabilities: [...WITHOUT_QUEUES, 'enqueue', 'dequeue'],
  variant: ({ config }) =>
    config.jetstream === false
      ? { capabilities: WITHOUT_QUEUES, name: 'nats with jetstream = false' }
      : undefined,
  remarks: {
    call: 'request/reply, batch, notification',
    serve: 'yes (services API, discoverable)',
    publish: 'yes; with `qos` 1 acknowledged by JetStream',
    subscribe: '`*`, `>` (or `+`, `#`), queue group',
    enqueue: 'JetStream',
    dequeue: 'JetStream pull consumer, nack with delay, term',
  },
  defaultFormat: 'json',
  formats: ['json', 'msgpack', 'binary', 'protobuf'],
  auth: ['none', 'basic', 'password', 'token', 'nkey', 'creds', 'mtls', 'bearer', 'jwt', 'oauth2'],
  config,
  defaultPort: 4222,
  needsEndpoint: true,
  addresses: { schemes: { nats: 4222, tcp: 4222, tls: 4222 } },
  worker: () => new URL('../../../workers/nats.mjs', import.meta.url),
}
