import { sharedController } from '../../core/abort.js'
import type { Attempt } from '../../core/adapter/attempt.js'
import type { AdapterSubscription, InboundMessage, MessageSink } from '../../core/adapter/inbound.js'
import type { SubscribeOptions } from '../../core/adapter/pubsub-facet.js'
import { sleep } from '../../core/clock.js'
import { requestsOf } from './calls.js'
import type { Method } from './methods.js'
import type { OpenStreams } from './open-streams.js'
import { failureOf, type Session } from './session.js'
import { type GrpcStream, isOk } from './stream.js'
import { StreamSubscription, silentStreamError } from './stream-subscription.js'

/**
 * After this time without a refusal, a stream counts as accepted. gRPC acknowledges a stream only by the server's
 * headers, which many servers send with the first message.
 */
const ACCEPTED_AFTER_MS = 100

/**
 * Opens a method as a subscription. Without parameters, a method that takes a stream keeps our side open for
 * `publish`; with an array of parameters, they are sent and our side is closed.
 * @throws RpcError, AuthError, ConnectionError, SerializeError if the server refuses
 */
export async function subscribe(
  session: Session,
  open: OpenStreams,
  name: string,
  options: SubscribeOptions,
  sink: MessageSink<InboundMessage>,
  context: Attempt,
): Promise<AdapterSubscription> {
  const operation = `subscribe ${name}`
  // Only operations of a caller have an id; a subscription without one is restored by the actor.
  const isRestored = context.operationId === undefined
  try {
    const method = session.methods.get(name)
    const staysOpen = options.params === undefined && TAKES_STREAM.has(method.kind)
    if (staysOpen && open.wasForgotten(method.path, isRestored)) throw silentStreamError(name, session)
    const requests = staysOpen ? [] : requestsOf(method, options.params)
    const stream = await session.caller.stream(method.path, {
      headers: options.headers ?? context.headers,
      signal: context.signal,
      accepted(opened) {
        if (!staysOpen) opened.writeAll(requests).catch(() => {})
        return accepted(opened, session, context)
      },
    })
    if (isRestored) sink.lost(0, 'messages sent while the stream was closed are lost')
    return new StreamSubscription({ session, open, name, method, stream, sink, staysOpen })
  } catch (failure) {
    throw failureOf(failure, operation, session, context)
  }
}

const TAKES_STREAM: ReadonlySet<Method['kind']> = new Set(['bidi', 'client-streaming', 'unknown'])

/**
 * Waits for the server's answer, `ACCEPTED_AFTER_MS` at most.
 * @throws Status if the server refuses; the signal's reason
 */
async function accepted(stream: GrpcStream, { clock }: Session, { signal }: Attempt): Promise<void> {
  const waiting = sharedController()
  const onAbort = () => {
    stream.cancel()
    waiting.abort()
  }
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  const waited = sleep(clock, ACCEPTED_AFTER_MS, waiting.signal).catch(() => {})
  await Promise.race([stream.answered, waited])
  signal.removeEventListener('abort', onAbort)
  waiting.abort()
  if (signal.aborted) throw signal.reason
  if (stream.status !== undefined && !isOk(stream.status)) throw stream.status
}
