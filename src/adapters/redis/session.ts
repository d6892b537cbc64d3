import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import type { WireFormat } from '../../wire/wire-format.js'
import type { ConnectionPool } from './connection-pool.js'
import type { RedisConfig } from './manifest.js'
import { QueueReader } from './queue-reader.js'
import { Replies } from './replies.js'
import { RequestReader } from './request-reader.js'
import { Subscribers } from './subscribers.js'

/** The objects that live as long as one pool of connections. */
export interface Session {
  readonly pool: ConnectionPool
  readonly subscribers: Subscribers
  readonly replies: Replies
  /** Returns the reader of a queue; creates it on first use. */
  queue(name: string): QueueReader
  /** Returns the reader of the requests for a method; creates it on first use. */
  requests(method: string): RequestReader
  /** Gives back all entries in hand. Never rejects. */
  giveBackAll(): Promise<void>
}

/** Creates a session over an open pool. Its parts end with the pool. */
export function createSession(
  pool: ConnectionPool,
  context: AdapterContext,
  config: RedisConfig,
  format: WireFormat,
): Session {
  const readers = new Map<string, QueueReader>()
  const requests = new Map<string, RequestReader>()
  return {
    pool,
    subscribers: new Subscribers(pool, context.settings.limits.frame),
    replies: new Replies(pool, format, config, context),
    queue: (name) =>
      remembered(readers, name, () => {
        const reader: QueueReader = new QueueReader(pool, name, config, format, context, () => {
          if (readers.get(name) === reader) readers.delete(name)
        })
        return reader
      }),
    requests: (method) =>
      remembered(requests, config.cluster ? method : '', () => new RequestReader(pool, config, context)),
    async giveBackAll() {
      await Promise.all([...readers.values()].map((reader) => reader.giveBackAll()))
    },
  }
}

function remembered<T>(known: Map<string, T>, name: string, make: () => T): T {
  const one = known.get(name) ?? make()
  known.set(name, one)
  return one
}
