// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'
import type { RedisRpcBlock } from './redis-rpc.js'
import type { RedisSentinelBlock } from './redis-sentinel.js'

/** The `config` block: Settings of the protocol. */
export interface RedisConfigBlock {
  /**
   * The database that every connection selects (SELECT). A cluster has only database 0.
   * A whole number from 0 to 65535.
   * @defaultValue `0`
   */
  readonly database?: number | undefined
  /**
   * How many connections may be open at a time: one for commands, one for subscriptions, one for answers to
   * calls, one for served methods, and one for each queue while it is consumed.
   * A whole number from 1 to 10000.
   * @defaultValue `32`
   */
  readonly pool_size?: number | undefined
  /**
   * The RESP version. Set 2 for a proxy that does not support HELLO.
   * @defaultValue `3`
   */
  readonly protocol?: 2 | 3 | undefined
  /**
   * A connection that has received nothing for this long sends PING, and is closed if it receives nothing for
   * the same time again.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"10s"`
   */
  readonly keep_alive?: Duration | undefined
  /**
   * Publishes and subscribes with SPUBLISH and SSUBSCRIBE, so that a message stays within one shard of a
   * cluster (Redis 7).
   * @defaultValue `false`
   */
  readonly sharded?: boolean | undefined
  /**
   * The consumer group that shares the entries of a queue.
   * @defaultValue `"nemo-workers"`
   */
  readonly consumer_group?: string | undefined
  /**
   * The consumer name in the group; it must be unique to the process. The default is unique and stays the
   * same when the actor restarts.
   */
  readonly consumer?: string | undefined
  /**
   * Where a new group starts: with the oldest entry of the queue, or with entries added after the group was
   * created.
   * @defaultValue `"oldest"`
   */
  readonly start_from?: 'oldest' | 'newest' | undefined
  /**
   * The field of an entry that holds the payload; all other fields are headers. Without this field the
   * payload is an object of all fields, with text values.
   * @defaultValue `"payload"`
   */
  readonly payload_field?: string | undefined
  /**
   * How long a consumer may hold an entry without settling or renewing it before another consumer gets it.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly claim_after?: Duration | undefined
  /**
   * How long a blocking read waits before the reader checks for due entries.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"1s"`
   */
  readonly block?: Duration | undefined
  /**
   * How many deliveries an entry gets before it is dead-lettered; 0 sets no limit.
   * A whole number of at least 0.
   * @defaultValue `0`
   */
  readonly max_deliveries?: number | undefined
  /** The queue for dead letters; default `QUEUE:dead`. */
  readonly dead_letter?: string | undefined
  /**
   * How many entries a queue keeps after every group has acknowledged them; -1 keeps all. When absent,
   * entries added by `send` are removed and entries of other senders stay. An entry that some group has not
   * acknowledged is never removed.
   * A whole number of at least -1.
   */
  readonly max_len?: number | undefined
  /** Settings for calls and served methods. */
  readonly rpc?: RedisRpcBlock | undefined
  /** Treats the endpoint's addresses as sentinels, which report the master. */
  readonly sentinel?: RedisSentinelBlock | undefined
  /**
   * Treats the endpoint's addresses as nodes of a cluster.
   * @defaultValue `false`
   */
  readonly cluster?: boolean | undefined
}
