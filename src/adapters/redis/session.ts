import type { AdapterContext } from '../../core/adapter.js'
import type { WireFormat } from '../../wire/wire-format.js'
import type { Link } from './link.js'
import type { RedisConfig } from './manifest.js'
import { QueueReader } from './queue-reader.js'
import { Replies } from './replies.js'
import { RequestReader } from './request-reader.js'
import { replyStream } from './rpc-keys.js'
import { Subscribers } from './subscribers.js'

/** Everything that lives as long as one connection does, as the actor sees it. */
export interface Session {
  readonly link: Link
  readonly subscribers: Subscribers
  readonly replies: Replies
  readonly requests: RequestReader
  /** The reader of a queue; made when it is first asked for. */
  readers(queue: string): QueueReader
}

/** Makes the parts of a session over a link that stands. They end with the link. */
export function createSession(
  link: Link,
  { clock, log, clientId }: AdapterContext,
  config: RedisConfig,
  format: WireFormat,
): Session {
  const readers = new Map<string, QueueReader>()
  return {
    link,
    subscribers: new Subscribers(link),
    replies: new Replies(link, format, (id) => replyStream(config.rpc.prefix, id), config.block, clock, log),
    requests: new RequestReader(link, config, clientId, clock),
    readers(queue) {
      let reader = readers.get(queue)
      if (reader === undefined) {
        reader = new QueueReader(link, queue, config, config.consumer ?? clientId, clock, log)
        readers.set(queue, reader)
      }
      return reader
    },
  }
}
