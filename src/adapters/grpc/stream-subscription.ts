import type { AdapterSubscription, InboundMessage, MessageSink } from '../../core/adapter.js'
import { type IntegrationError, SerializeError, ShutdownError, SubscribeError } from '../../core/errors.js'
import type { Headers } from '../../core/value.js'
import type { Link } from './link.js'
import type { Method } from './methods.js'
import type { OpenStream, OpenStreams } from './open-streams.js'
import { type Status, statusError } from './status.js'
import { type GrpcStream, isOk } from './stream.js'

interface Parts {
  readonly link: Link
  readonly open: OpenStreams
  readonly name: string
  readonly method: Method
  readonly stream: GrpcStream
  readonly sink: MessageSink<InboundMessage>
  /** Whether messages may be published to the stream. */
  readonly staysOpen: boolean
}

/**
 * A stream as the subscription of a topic. While the sink has no room nothing of the stream is read: what waits here
 * is the window of HTTP/2, 64 KB at most (RFC 9113, section 6.5.2).
 */
export class StreamSubscription implements AdapterSubscription, OpenStream {
  readonly #parts: Parts
  #headers: Headers | undefined
  /** Calls of `resume`: one made during `deliver` must not be forgotten. */
  #resumes = 0
  #closed = false

  constructor(parts: Parts) {
    this.#parts = parts
    const { link, open, method, stream, staysOpen } = parts
    if (staysOpen) open.add(method.path, this)
    // On a later turn, when the subscriber has this object: a short stream may be over at once.
    link.clock.nextTurn(() =>
      stream.read({
        message: (bytes) => this.#message(bytes),
        ended: (found) => this.#ended(found),
      }),
    )
  }

  get stream() {
    return this.#parts.stream
  }

  get caller() {
    return this.#parts.link.caller
  }

  resume(): void {
    this.#resumes++
    this.stream.resume()
  }

  async close(): Promise<void> {
    this.#leave()
    this.stream.cancel()
  }

  lost(): void {
    if (this.wouldBeSilent) this.#end(silence(this.#parts.name, this.#parts.link))
  }

  #message(bytes: Buffer): boolean {
    if (this.#closed) return true
    const { link, method, name, sink } = this.#parts
    try {
      const payload = link.payloads.fromResponse(method, bytes)
      this.#headers ??= this.stream.headers
      const headers = Object.keys(this.#headers).length > 0 ? { headers: this.#headers } : {}
      const before = this.#resumes
      const hasRoom = sink.deliver({ topic: name, payload, ...headers })
      return hasRoom || this.#resumes > before
    } catch (error) {
      // What follows cannot be trusted to mean what it seems to.
      const { reason } = error as SerializeError
      this.#end(new SerializeError(`a message of ${name}: ${reason}`, { integration: link.integration }))
      this.stream.cancel()
      return true
    }
  }

  #ended(found: Status): void {
    const { integration, status } = this.#parts.link
    const error: IntegrationError = isOk(found)
      ? new ShutdownError({ integration })
      : statusError(found, `subscription ${this.#parts.name}`, status)
    this.#end(
      error.kind === 'connection' && this.wouldBeSilent ? silence(this.#parts.name, this.#parts.link) : error,
    )
  }

  /** A server that was asked by published messages does not know them on the next stream. */
  get wouldBeSilent(): boolean {
    const { staysOpen, link } = this.#parts
    return staysOpen && !link.reopensPublished && this.stream.isWritten
  }

  #end(error: Error): void {
    if (this.#closed) return
    this.#leave()
    if (!this.caller.isOver) this.#parts.sink.end(error)
  }

  #leave(): void {
    this.#closed = true
    this.#parts.open.delete(this.#parts.method.path, this)
  }
}

/** Why a subscription is not opened again. */
export function silence(name: string, { integration }: Link): SubscribeError {
  return new SubscribeError(
    name,
    'the connection was lost, and the next stream would be silent: what was published to this one is gone. ' +
      'Subscribe again and publish what the server needs, pass it as "params", or set published_streams = "reopen"',
    { integration },
  )
}
