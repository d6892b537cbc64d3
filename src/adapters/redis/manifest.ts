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
      .describe('Selected on every connection (SELECT); a cluster has database 0 alone.'),
    pool_size: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(32)
      .describe(
        'The most connections that are open at a time: one for commands, one for subscriptions, one for answers to calls, one for the methods that are served, and one for each queue for as long as it is consumed.',
      ),
    protocol: z
      .union([z.literal(2), z.literal(3)])
      .default(3)
      .describe('The version of RESP that is spoken; 2 is for proxies that do not know HELLO.'),
    keep_alive: durationWithin(100, HOUR_MS)
      .default(10_000)
      .describe(
        'A connection on which nothing is heard for this long is asked with PING, and given up after as long again.',
      ),
    sharded: z
      .boolean()
      .default(false)
      .describe(
        'Publishes and subscribes with SPUBLISH and SSUBSCRIBE, which a cluster keeps to one shard (Redis 7).',
      ),
    consumer_group: name.default('nemo-workers').describe('The group that shares the entries of a queue.'),
    consumer: name
      .optional()
      .describe(
        'Our name in the group; has to be unique to the process. By default it is, and outlives restarts of the actor.',
      ),
    start_from: z
      .enum(['oldest', 'newest'])
      .default('oldest')
      .describe(
        'Where a group that is new begins: with what the queue holds already, or with what comes from now on.',
      ),
    payload_field: name
      .default('payload')
      .describe(
        'The field of an entry that holds the payload; all others are headers. The payload of an entry without it is the object of its fields, whose values are texts.',
      ),
    claim_after: durationWithin(100, DAY_MS)
      .default(30_000)
      .describe(
        'Entries that a consumer has not settled nor shown signs of life for in this long go to another.',
      ),
    block: durationWithin(10, 60_000)
      .default(1_000)
      .describe('A blocking read waits at most so long before it looks after what is due.'),
    max_deliveries: z
      .number()
      .int()
      .min(0)
      .default(0)
      .describe('An entry that is delivered more often goes to the dead letters; 0: never.'),
    dead_letter: name.optional().describe('The queue that takes them; `QUEUE:dead` when absent.'),
    max_len: z
      .number()
      .int()
      .min(-1)
      .optional()
      .describe(
        'How many entries a queue keeps that every group has acknowledged; -1: all of them. Absent: those that our `send` made are removed, those of other senders stay. What a group has not acknowledged is never removed.',
      ),
    rpc: z
      .strictObject({
        prefix: name.default('nemo:rpc').describe('Begins the names of all keys of calls.'),
        group: name.default('nemo-servers').describe('The group that shares the requests to a method.'),
        lease: durationWithin(500, HOUR_MS)
          .default(10_000)
          .describe('A server that has shown no sign of life for this long serves no more.'),
      })
      .prefault({})
      .describe('Calls and the methods that are served.'),
    sentinel: z
      .strictObject({
        master: name.describe('The name of the master that they watch.'),
        username: name.optional().describe('The account of the sentinels.'),
        password: z.string().meta({ writeOnly: true }).optional().describe('The password of the sentinels.'),
        tls: z
          .boolean()
          .default(false)
          .describe("Whether the sentinels too are reached by the endpoint's TLS."),
      })
      .optional()
      .describe("The endpoint's addresses are sentinels, which know where the master is."),
    cluster: z.boolean().default(false).describe("The endpoint's addresses are nodes of a cluster."),
  })
  .superRefine(({ cluster, sentinel, database, block, keep_alive }, context) => {
    const fault = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if (cluster && sentinel !== undefined)
      fault('sentinel', 'a cluster needs no sentinels: set one of the two')
    if (cluster && database !== 0) fault('database', `a cluster has database 0 alone, found ${database}`)
    if (block > keep_alive)
      fault('block', `expected at most the keep_alive (${keep_alive} ms), found ${block} ms`)
  })

/** The `config` block as the adapter finds it in its settings: checked, completed, durations in milliseconds. */
export type RedisConfig = z.output<typeof config>

/** What the gateway knows of Redis without loading it. Needs Redis 6.2 or later. */
export const redisManifest: AdapterManifest = {
  type: 'redis',
  capabilities: ['call', 'notify', 'batch', 'serve', 'publish', 'subscribe', 'enqueue', 'dequeue'],
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
  worker: () => new URL('../../../workers/redis.mjs', import.meta.url),
}
