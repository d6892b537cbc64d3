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

/** The stream that keeps a queue: bound when there is one, else created like this. */
const stream = z.strictObject({
  /** One stream for all queues of the integration; without it each queue has a separate one. */
  name: token.optional(),
  /** What a stream that is created keeps beside the queues themselves. */
  subjects: z.array(subjectPattern).default([]),
  /** `false`: only streams that are there are used. */
  create: z.boolean().default(true),
  storage: z.enum(['file', 'memory']).default('file'),
  replicas: z.number().int().min(1).max(5).default(1),
  /** `workqueue` forgets a message once it is acknowledged. */
  retention: z.enum(['workqueue', 'limits', 'interest']).default('workqueue'),
  max_age: durationWithin(100, LONGEST_MS).optional(),
  max_bytes: z.number().int().min(1).optional(),
  max_messages: z.number().int().min(1).optional(),
  /** What happens when it is full: `new` refuses the sender, `old` forgets the oldest message. */
  discard: z.enum(['new', 'old']).default('new'),
  /** For how long a message that is sent twice under one id is kept once. */
  duplicate_window: durationWithin(100, LONGEST_MS).default(120_000),
  /** Needs a server of version 2.10. */
  compression: z.enum(['none', 's2']).default('none'),
})

/** The durable pull consumer of a queue, which all its receivers share: bound when there is one, else created. */
const consumer = z.strictObject({
  /** Made of the name of the queue when absent. */
  name: token.optional(),
  /**
   * How long a message may be in hand, without a word on it, before the server gives it to somebody else: 5 s when
   * absent, or 30 s without `extend`.
   */
  ack_wait: durationWithin(100, LONGEST_MS).optional(),
  /** Tells the server while a handler is still working, so that a message whose gateway has died is soon back. */
  extend: z.boolean().default(true),
  /** Deliveries of one message, of which a handler has seen each; -1: as many as the consumer allows. */
  max_deliver: z.union([z.literal(-1), z.number().int().min(1)]).default(-1),
  /** The queue that gets what was delivered `max_deliver` times; without it such messages are dead letters of the consumer. */
  dead_letter: z.string().min(1).optional(),
  /** Messages in hand of all receivers together. */
  max_ack_pending: z.number().int().min(1).max(1_000_000).default(10_000),
})

/** How the methods that are served present themselves to those who look for services (`nats micro ls`). */
const service = z.strictObject({
  /** The name of the integration when absent. */
  name: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/, 'expected letters, digits, "_" and "-"')
    .optional(),
  version: z
    .string()
    .regex(/^\d+\.\d+\.\d+([-+][\w.+-]+)?$/, 'expected a version such as "1.0.0"')
    .default('0.0.1'),
  description: z.string().default(''),
  /** The servers of one method share its requests within this group. */
  queue_group: token.default('q'),
})

const config = z.strictObject({
  /** How the server calls this connection in its reports; made up when absent. */
  name: z.string().min(1).optional(),
  /** Queues, and publishes with `qos` 1, are kept by JetStream; `false`: there are none. */
  jetstream: z.boolean().default(true),
  /** The JetStream domain, on a leaf node for example. */
  domain: token.optional(),
  /** Every subscription joins this group: each message goes to one of its members. */
  queue_group: token.optional(),
  /**
   * `auto`: a topic with a slash is read as in MQTT, with `+` and `#`; any other is a subject, with `*` and `>`.
   * `nats`: every topic is a subject as it stands.
   */
  topic_style: z.enum(['auto', 'nats']).default('auto'),
  /** A connection that is silent for this long is asked for a sign of life, and lost if none comes in as long again. */
  ping_interval: durationWithin(50, DAY_MS).default(30_000),
  /** Whether the servers of the cluster that a server tells of are tried as well. */
  discover: z.boolean().default(true),
  /** Answers arrive below this subject. */
  inbox_prefix: subject.default('_INBOX'),
  /** Messages that a receiver of a queue asks for beyond what it can take at once. */
  prefetch: z.number().int().min(0).max(10_000).default(0),
  stream: stream.prefault({}),
  consumer: consumer.prefault({}),
  service: service.prefault({}),
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
