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
  /** The reader of a queue; made when it is first asked for. */
  queue(name: string): QueueReader
  /** The reader of the requests to a method; made when it is first asked for. */
  requests(method: string): RequestReader
}

/** Makes the parts of a session over a link that stands. They end with the link. */
export function createSession(
  link: Link,
  { clock, log, clientId }: AdapterContext,
  config: RedisConfig,
  format: WireFormat,
): Session {
  const requests = remembering(() => new RequestReader(link, config, clientId, clock))
  return {
    link,
    subscribers: new Subscribers(link),
    replies: new Replies(link, format, (id) => replyStream(config.rpc.prefix, id), config.block, clock, log),
    queue: remembering(
      (name) => new QueueReader(link, name, config, config.consumer ?? clientId, clock, log),
    ),
    requests: (method) => requests(config.cluster ? method : ''),
  }
}

/** Makes one thing for each name. */
function remembering<T>(make: (name: string) => T): (name: string) => T {
  const made = new Map<string, T>()
  return (name) => {
    const known = made.get(name)
    if (known !== undefined) return known
    const one = make(name)
    made.set(name, one)
    return one
  }
}
