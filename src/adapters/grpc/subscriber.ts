import type {
  AdapterSubscription,
  Attempt,
  InboundMessage,
  MessageSink,
  SubscribeOptions,
} from '../../core/adapter.js'
import { sleep } from '../../core/clock.js'
import { requestsOf } from './calls.js'
import { failureOf, type Link } from './link.js'
import type { Method } from './methods.js'
import type { OpenStreams } from './open-streams.js'
import { type GrpcStream, isOk } from './stream.js'
import { StreamSubscription, silence } from './stream-subscription.js'

/**
 * gRPC has no acknowledgement of a stream but the server's headers, and many servers send those with the first
 * message only: after so many milliseconds without a refusal it is taken to be granted.
 */
const GRANTED_AFTER_MS = 100

/**
 * Opens a method as a subscription. Without parameters a method that takes a stream keeps its side open for
 * `publish`; an array of parameters is sent, and then that side is closed.
 * @throws RpcError, AuthError, ConnectionError, SerializeError when the server refuses
 */
export async function subscribe(
  link: Link,
  open: OpenStreams,
  name: string,
  options: SubscribeOptions,
  sink: MessageSink<InboundMessage>,
  context: Attempt,
): Promise<AdapterSubscription> {
  const operation = `subscribe ${name}`
  try {
    const method = link.methods.get(name)
    const staysOpen = options.params === undefined && TAKES_STREAM.has(method.kind)
    // The actor restores subscriptions on its own account: only an operation of a caller has an id.
    if (staysOpen && open.wasForgotten(method.path, context.operationId === undefined))
      throw silence(name, link)
    const requests = staysOpen ? [] : requestsOf(method, options.params)
    const stream = await link.caller.stream(method.path, {
      headers: options.headers ?? context.headers,
      signal: context.signal,
      granted(opened) {
        if (!staysOpen) opened.writeAll(requests).catch(() => {})
        return granted(opened, link, context)
      },
    })
    return new StreamSubscription({ link, open, name, method, stream, sink, staysOpen })
  } catch (failure) {
    throw failureOf(failure, operation, link, context)
  }
}

const TAKES_STREAM: ReadonlySet<Method['kind']> = new Set(['bidi', 'client-streaming', 'unknown'])

/** @throws Status when it is refused at once; the signal's reason */
async function granted(stream: GrpcStream, { clock }: Link, { signal }: Attempt): Promise<void> {
  const patience = new AbortController()
  const onAbort = () => {
    stream.cancel()
    patience.abort()
  }
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  const waited = sleep(clock, GRANTED_AFTER_MS, patience.signal).catch(() => {})
  await Promise.race([stream.answered, waited])
  signal.removeEventListener('abort', onAbort)
  patience.abort()
  if (signal.aborted) throw signal.reason
  if (stream.status !== undefined && !isOk(stream.status)) throw stream.status
}
