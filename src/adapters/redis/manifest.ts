import { z } from 'zod'
import type { AdapterManifest } from '../../core/manifest.js'
import { durationWithin } from '../config-kinds.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const name = z.string().min(1)

const config = z
  .strictObject({
    /** Selected on every connection (SELECT); a cluster has database 0 alone. */
    database: z.number().int().min(0).max(65_535).default(0),
    /**
     * The most connections that are open at a time: one for commands, one for subscriptions, one for answers to
     * calls, one for the methods that are served, and one for each queue for as long as it is consumed.
     */
    pool_size: z.number().int().min(1).max(10_000).default(32),
    /** The version of RESP that is spoken; 2 is for proxies that do not know HELLO. */
    protocol: z.union([z.literal(2), z.literal(3)]).default(3),
    /** A connection on which nothing is heard for this long is asked with PING, and given up after as long again. */
    keep_alive: durationWithin(100, HOUR_MS).default(10_000),
    /** Publishes and subscribes with SPUBLISH and SSUBSCRIBE, which a cluster keeps to one shard (Redis 7). */
    sharded: z.boolean().default(false),
    /** The group that shares the entries of a queue. */
    consumer_group: name.default('nemo-workers'),
    /** Our name in the group; has to be unique to the process. By default it is, and outlives restarts of the actor. */
    consumer: name.optional(),
    /** Where a group that is new begins: with what the queue holds already, or with what comes from now on. */
    start_from: z.enum(['oldest', 'newest']).default('oldest'),
    /**
     * The field of an entry that holds the payload; all others are headers. The payload of an entry without it is the
     * object of its fields, whose values are texts.
     */
    payload_field: name.default('payload'),
    /** Entries that a consumer has not settled nor shown signs of life for in this long go to another. */
    claim_after: durationWithin(100, DAY_MS).default(30_000),
    /** A blocking read waits at most so long before it looks after what is due. */
    block: durationWithin(10, 60_000).default(1_000),
    /** An entry that is delivered more often goes to the dead letters; 0: never. */
    max_deliveries: z.number().int().min(0).default(0),
    /** The queue that takes them; `QUEUE:dead` when absent. */
    dead_letter: name.optional(),
    /**
     * How many entries a queue keeps that every group has acknowledged; -1: all of them. Absent: those that our `send`
     * made are removed, those of other senders stay. What a group has not acknowledged is never removed.
     */
    max_len: z.number().int().min(-1).optional(),
    /** Calls and the methods that are served. */
    rpc: z
      .strictObject({
        /** Begins the names of all keys of calls. */
        prefix: name.default('nemo:rpc'),
        /** The group that shares the requests to a method. */
        group: name.default('nemo-servers'),
        /** A server that has shown no sign of life for this long serves no more. */
        lease: durationWithin(500, HOUR_MS).default(10_000),
      })
      .prefault({}),
    /** The endpoint's addresses are sentinels, which know where the master is. */
    sentinel: z
      .strictObject({
        master: name,
        username: name.optional(),
        password: z.string().optional(),
        /** Whether the sentinels too are reached by the endpoint's TLS. */
        tls: z.boolean().default(false),
      })
      .optional(),
    /** The endpoint's addresses are nodes of a cluster. */
    cluster: z.boolean().default(false),
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
