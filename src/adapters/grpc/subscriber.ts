import type {
  AdapterSubscription,
  Attempt,
  InboundMessage,
  MessageSink,
  SubscribeOptions,
} from '../../core/adapter.js'
import { sleep } from '../../core/clock.js'
import { SerializeError, ShutdownError } from '../../core/errors.js'
import type { Headers } from '../../core/value.js'
import { requestsOf } from './calls.js'
import { failureOf, type Link } from './link.js'
import type { Method } from './methods.js'
import type { OpenStreams } from './open-streams.js'
import { type Status, statusError } from './status.js'
import { type GrpcStream, isOk } from './stream.js'

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
    const requests = staysOpen ? [] : requestsOf(method, options.params)
    const headers = options.headers ?? context.headers
    const stream = await link.caller.stream(method.path, headers, context, (opened) => {
      if (!staysOpen) opened.writeAll(requests).catch(() => {})
      return granted(opened, link, context)
    })
    if (staysOpen) open.add(method.path, stream)
    return new StreamSubscription(link, open, name, method, stream, sink)
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

/** A stream as the subscription of a topic. */
class StreamSubscription implements AdapterSubscription {
  readonly #link: Link
  readonly #open: OpenStreams
  readonly #name: string
  readonly #method: Method
  readonly #stream: GrpcStream
  readonly #sink: MessageSink<InboundMessage>
  #headers: Headers | undefined
  #closed = false

  constructor(
    link: Link,
    open: OpenStreams,
    name: string,
    method: Method,
    stream: GrpcStream,
    sink: MessageSink<InboundMessage>,
  ) {
    this.#link = link
    this.#open = open
    this.#name = name
    this.#method = method
    this.#stream = stream
    this.#sink = sink
    // Not before whoever subscribes has us in hand: a short stream may be over at once.
    link.clock.nextTurn(() =>
      stream.read({
        message: (bytes) => this.#message(bytes),
        ended: (found) => this.#ended(found),
      }),
    )
  }

  resume(): void {
    this.#stream.resume()
  }

  async close(): Promise<void> {
    this.#leave()
    this.#stream.cancel()
  }

  #message(bytes: Buffer): boolean {
    if (this.#closed) return true
    try {
      const payload = this.#link.payloads.fromResponse(this.#method, bytes)
      this.#headers ??= this.#stream.headers
      const headers = Object.keys(this.#headers).length > 0 ? { headers: this.#headers } : {}
      return this.#sink.deliver({ topic: this.#name, payload, ...headers })
    } catch (error) {
      // What follows cannot be trusted to mean what it seems to.
      const { reason } = error as SerializeError
      const { integration } = this.#link
      this.#end(new SerializeError(`a message of ${this.#name}: ${reason}`, { integration }))
      this.#stream.cancel()
      return true
    }
  }

  #ended(found: Status): void {
    const { integration, status } = this.#link
    this.#end(
      isOk(found)
        ? new ShutdownError({ integration })
        : statusError(found, `subscription ${this.#name}`, status),
    )
  }

  #end(error: Error): void {
    if (this.#closed) return
    this.#leave()
    if (!this.#link.caller.isOver) this.#sink.end(error)
  }

  #leave(): void {
    this.#closed = true
    this.#open.delete(this.#method.path, this.#stream)
  }
}
