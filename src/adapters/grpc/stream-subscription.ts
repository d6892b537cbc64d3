import type { AdapterSubscription, InboundMessage, MessageSink } from '../../core/adapter/inbound.js'
import type { IntegrationError } from '../../core/errors/integration-error.js'
import { ShutdownError } from '../../core/errors/lifecycle.js'
import { SerializeError } from '../../core/errors/operation.js'
import { SubscribeError } from '../../core/errors/pubsub.js'
import type { Headers } from '../../core/value.js'
import type { Method } from './methods.js'
import type { OpenStream, OpenStreams } from './open-streams.js'
import type { Session } from './session.js'
import { type Status, statusError } from './status.js'
import { type GrpcStream, isOk } from './stream.js'

interface StreamSubscriptionOptions {
  readonly session: Session
  readonly open: OpenStreams
  readonly name: string
  readonly method: Method
  readonly stream: GrpcStream
  readonly sink: MessageSink<InboundMessage>
  /** Whether messages can be published to the stream. */
  readonly staysOpen: boolean
}

/**
 * Reads a stream as the subscription of a topic. Reading pauses while the sink has no room, so that at most the
 * HTTP/2 window of 64 KB is buffered (RFC 9113, section 6.5.2).
 */
export class StreamSubscription implements AdapterSubscription, OpenStream {
  readonly #options: StreamSubscriptionOptions
  #headers: Headers | undefined
  /** Number of calls of `resume`, to detect one made during `deliver`. */
  #resumes = 0
  #closed = false

  constructor(options: StreamSubscriptionOptions) {
    this.#options = options
    const { session, open, method, stream, staysOpen } = options
    if (staysOpen) open.add(method.path, this)
    // Read on a later turn, because a short stream could end before the subscriber has this object.
    session.clock.nextTurn(() =>
      stream.read({
        message: (bytes) => this.#message(bytes),
        ended: (found) => this.#ended(found),
      }),
    )
  }

  get stream() {
    return this.#options.stream
  }

  get caller() {
    return this.#options.session.caller
  }

  resume(): void {
    this.#resumes++
    this.stream.resume()
  }

  async close(): Promise<void> {
    this.#remove()
    this.stream.cancel()
  }

  lost(): void {
    if (this.wouldBeSilent) this.#end(silentStreamError(this.#options.name, this.#options.session))
  }

  #message(bytes: Buffer): boolean {
    if (this.#closed) return true
    const { session, method, name, sink } = this.#options
    try {
      const payload = session.payloads.fromResponse(method, bytes)
      this.#headers ??= this.stream.headers
      const headers = Object.keys(this.#headers).length > 0 ? { headers: this.#headers } : {}
      const before = this.#resumes
      const hasRoom = sink.deliver({ topic: name, payload, ...headers })
      return hasRoom || this.#resumes > before
    } catch (error) {
      // After a malformed message the rest of the stream cannot be trusted.
      const { reason } = error as SerializeError
      this.#end(new SerializeError(`a message of ${name}: ${reason}`, { integration: session.integration }))
      this.stream.cancel()
      return true
    }
  }

  #ended(found: Status): void {
    const { integration, status } = this.#options.session
    const error: IntegrationError = isOk(found)
      ? new ShutdownError({ integration })
      : statusError(found, `subscription ${this.#options.name}`, status)
    this.#end(
      error.kind === 'connection' && this.wouldBeSilent
        ? silentStreamError(this.#options.name, this.#options.session)
        : error,
    )
  }

  /** Whether a new stream would stay silent: the server does not have the messages published to this one. */
  get wouldBeSilent(): boolean {
    const { staysOpen, session } = this.#options
    return staysOpen && !session.reopensPublished && this.stream.isWritten
  }

  #end(error: Error): void {
    if (this.#closed) return
    this.#remove()
    if (!this.caller.isOver) this.#options.sink.end(error)
  }

  #remove(): void {
    this.#closed = true
    this.#options.open.delete(this.#options.method.path, this)
  }
}

/** Makes the error of a subscription that is not restored. */
export function silentStreamError(name: string, { integration }: Session): SubscribeError {
  return new SubscribeError(
    name,
    'the connection was lost, and a new stream would lack the messages published to this one. ' +
      'Subscribe again and publish what the server needs, pass it as "params", or set published_streams = "reopen"',
    { integration },
  )
}
