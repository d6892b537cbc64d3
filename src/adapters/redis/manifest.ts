import { z } from 'zod'
import type { AdapterManifest } from '../../core/manifest.js'
import { durationWithin } from '../config-kinds.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const name = z.string().min(1)

const config = z
  .strictObject({
    database: z
      .number()
      .int()
      .min(0)
      .max(65_535)
      .default(0)
      .describe('The database that every connection selects (SELECT). A cluster has only database 0.'),
    pool_size: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(32)
      .describe(
        'How many connections may be open at a time: one for commands, one for subscriptions, one for answers to calls, one for served methods, and one for each queue while it is consumed.',
      ),
    protocol: z
      .union([z.literal(2), z.literal(3)])
      .default(3)
      .describe('The RESP version. Set 2 for a proxy that does not support HELLO.'),
    keep_alive: durationWithin(100, HOUR_MS)
      .default(10_000)
      .describe(
        'A connection that has received nothing for this long sends PING, and is closed if it receives nothing for the same time again.',
      ),
    sharded: z
      .boolean()
      .default(false)
      .describe(
        'Publishes and subscribes with SPUBLISH and SSUBSCRIBE, so that a message stays within one shard of a cluster (Redis 7).',
      ),
    consumer_group: name
      .default('nemo-workers')
      .describe('The consumer group that shares the entries of a queue.'),
    consumer: name
      .optional()
      .describe(
        'The consumer name in the group; it must be unique to the process. The default is unique and stays the same when the actor restarts.',
      ),
    start_from: z
      .enum(['oldest', 'newest'])
      .default('oldest')
      .describe(
        'Where a new group starts: with the oldest entry of the queue, or with entries added after the group was created.',
      ),
    payload_field: name
      .default('payload')
      .describe(
        'The field of an entry that holds the payload; all other fields are headers. Without this field the payload is an object of all fields, with text values.',
      ),
    claim_after: durationWithin(100, DAY_MS)
      .default(30_000)
      .describe(
        'How long a consumer may hold an entry without settling or renewing it before another consumer gets it.',
      ),
    block: durationWithin(10, 60_000)
      .default(1_000)
      .describe('How long a blocking read waits before the reader checks for due entries.'),
    max_deliveries: z
      .number()
      .int()
      .min(0)
      .default(0)
      .describe('How many deliveries an entry gets before it is dead-lettered; 0 sets no limit.'),
    dead_letter: name.optional().describe('The queue for dead letters; default `QUEUE:dead`.'),
    max_len: z
      .number()
      .int()
      .min(-1)
      .optional()
      .describe(
        'How many entries a queue keeps after every group has acknowledged them; -1 keeps all. When absent, entries added by `send` are removed and entries of other senders stay. An entry that some group has not acknowledged is never removed.',
      ),
    rpc: z
      .strictObject({
        prefix: name.default('nemo:rpc').describe('The prefix of all keys used for calls.'),
        group: name
          .default('nemo-servers')
          .describe('The consumer group that shares the requests for a method.'),
        lease: durationWithin(500, HOUR_MS)
          .default(10_000)
          .describe('How long a server counts as present after it last renewed its registration.'),
      })
      .prefault({})
      .describe('Settings for calls and served methods.'),
    sentinel: z
      .strictObject({
        master: name.describe('The name of the master that the sentinels watch.'),
        username: name.optional().describe('The user name for the sentinels.'),
        password: z.string().meta({ writeOnly: true }).optional().describe('The password for the sentinels.'),
        tls: z
          .boolean()
          .default(false)
          .describe("Whether connections to the sentinels use the endpoint's TLS settings too."),
      })
      .optional()
      .describe("Treats the endpoint's addresses as sentinels, which report the master."),
    cluster: z.boolean().default(false).describe("Treats the endpoint's addresses as nodes of a cluster."),
  })
  .superRefine(({ cluster, sentinel, database, block, keep_alive }, context) => {
    const fault = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if (cluster && sentinel !== undefined)
      fault('sentinel', 'a cluster does not use sentinels: set either `cluster` or `sentinel`')
    if (cluster && database !== 0)
      fault('database', `expected 0 because a cluster has only database 0, found ${database}`)
    if (block > keep_alive)
      fault('block', `expected at most keep_alive (${keep_alive} ms), found ${block} ms`)
  })

/** The validated `config` block with its defaults; durations are in milliseconds. */
export type RedisConfig = z.output<typeof config>
/** As the configuration writes it. */
export type RedisConfigInput = z.input<typeof config>

/** Describes the Redis adapter to the host without loading it. Requires Redis 6.2 or later. */
export const redisManifest: AdapterManifest = {
  type: 'redis',
  identity: 'distinct',
  exclusive: ({ config: { consumer } }) =>
    consumer === undefined
      ? undefined
      : {
          attribute: 'config.consumer',
          reason: 'a consumer reads its entries again when another one takes its name',
        },
  capabilities: ['call', 'notify', 'batch', 'serve', 'publish', 'subscribe', 'enqueue', 'dequeue'],
  // PUBLISH carries none.
  carriesHeaders: () => ['enqueue'],
  remarks: {
    call: 'request/reply over streams, batch, notification',
    publish: 'PUBLISH, SPUBLISH',
    subscribe: 'SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE',
    enqueue: 'XADD',
    dequeue: 'XREADGROUP, XACK, entries of dead consumers claimed',
  },
  defaultFormat: 'json',
  formats: ['json', 'msgpack', 'binary', 'protobuf'],
  auth: ['none', 'password', 'basic', 'mtls'],
  config,
  defaultPort: 6379,
  needsEndpoint: true,
  addresses: { schemes: { redis: 6379, rediss: 6379 }, secured: { redis: 'rediss' }, unix: true },
  worker: () => new URL('../../../workers/redis.cjs', import.meta.url),
}
