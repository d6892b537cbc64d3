import type { AdapterContext } from '../../core/adapter.js'
import type { WireFormat } from '../../wire/wire-format.js'
import type { Link } from './link.js'
import type { RedisConfig } from './manifest.js'
import { QueueReader } from './queue-reader.js'
import { Replies } from './replies.js'
import { RequestReader } from './request-reader.js'
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
  /** Gives back at the server all that is in hand. Never rejects. */
  abandon(): Promise<void>
}

/** Makes the parts of a session over a link that is open. They end with the link. */
export function createSession(
  link: Link,
  context: AdapterContext,
  config: RedisConfig,
  format: WireFormat,
): Session {
  const readers = new Map<string, QueueReader>()
  const requests = new Map<string, RequestReader>()
  return {
    link,
    subscribers: new Subscribers(link, context.settings.limits.frame),
    replies: new Replies(link, format, config, context),
    queue: (name) =>
      remembered(readers, name, () => {
        const reader: QueueReader = new QueueReader(link, name, config, format, context, () => {
          if (readers.get(name) === reader) readers.delete(name)
        })
        return reader
      }),
    requests: (method) =>
      remembered(requests, config.cluster ? method : '', () => new RequestReader(link, config, context)),
    async abandon() {
      await Promise.all([...readers.values()].map((reader) => reader.abandon()))
    },
  }
}

function remembered<T>(known: Map<string, T>, name: string, make: () => T): T {
  const one = known.get(name) ?? make()
  known.set(name, one)
  return one
}
