import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js'
import type { Attempt } from '../../core/adapter.js'
import type { Headers } from '../../core/value.js'
import type { Authorization } from './authorization.js'
import { asIs } from './bytes.js'
import type { ChannelPool } from './pool.js'
import type { Status } from './status.js'
import { GrpcStream } from './stream.js'
import { wallDeadline } from './wall-deadline.js'

/** The answer of a call with one request and one response. */
export interface UnaryAnswer {
  readonly bytes: Buffer
  readonly headers: Metadata
  readonly trailers: Metadata
}

const NOTHING = new Metadata()

/** Makes calls on the channels of a connection: bytes in, bytes out. */
export class Caller {
  readonly #pool: ChannelPool
  readonly #authorization: Authorization
  readonly #waitForReady: boolean
  readonly #answerBegins: () => void
  readonly #streams = new Set<GrpcStream>()
  #isOver = false

  /** @param answerBegins told when a call with one response is over, before what came is decoded. */
  constructor(
    pool: ChannelPool,
    authorization: Authorization,
    waitForReady: boolean,
    answerBegins: () => void,
  ) {
    this.#pool = pool
    this.#authorization = authorization
    this.#waitForReady = waitForReady
    this.#answerBegins = answerBegins
  }

  /**
   * One request, one response. A token that the server refuses is replaced once.
   * @throws Status for any but OK, the signal's reason, AuthError when no token can be had
   */
  async unary(path: string, body: Buffer, operation: Attempt): Promise<UnaryAnswer> {
    const metadata = await this.#metadata(operation.headers, operation)
    try {
      return await this.#unary(path, body, metadata, operation)
    } catch (failure) {
      if (!this.#mayRepeat(failure, metadata)) throw failure
      return this.#unary(path, body, await this.#metadata(operation.headers, operation), operation)
    }
  }

  /**
   * Opens a stream and sends `requests`. It lasts until it ends, is cancelled, or `cancelStreams` is called.
   * @param granted settles when the server has let it in, as far as one can tell: a token that it refuses until then
   * is replaced once. @throws Status when it is refused
   */
  async stream(
    path: string,
    headers: Headers | undefined,
    operation: Pick<Attempt, 'signal'>,
    granted: (stream: GrpcStream) => Promise<void> = async () => {},
    deadline = Number.POSITIVE_INFINITY,
  ): Promise<GrpcStream> {
    for (let isFirst = true; ; isFirst = false) {
      const metadata = await this.#metadata(headers, operation)
      const stream = this.#open(path, metadata, deadline)
      try {
        await granted(stream)
        return stream
      } catch (failure) {
        if (!this.#mayRepeat(failure, metadata) || !isFirst) throw failure
      }
    }
  }

  #open(path: string, metadata: Metadata, deadline: number): GrpcStream {
    const channel = this.#pool.least()
    channel.underWay++
    const call = channel.client.makeBidiStreamRequest(path, asIs, asIs, metadata, {
      deadline: wallDeadline(deadline),
    })
    const stream = new GrpcStream(call)
    this.#streams.add(stream)
    stream.over.then(() => {
      channel.underWay--
      this.#streams.delete(stream)
    })
    return stream
  }

  /** Whether the connection is over: how its streams end says nothing then. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** The connection is over, and every stream with it. */
  cancelStreams(): void {
    this.#isOver = true
    for (const stream of [...this.#streams]) stream.cancel()
  }

  async #metadata(headers: Headers | undefined, operation: Pick<Attempt, 'signal'>): Promise<Metadata> {
    const metadata = await this.#authorization.metadata(headers, operation)
    if (this.#waitForReady) metadata.setOptions({ waitForReady: true })
    return metadata
  }

  #mayRepeat(failure: unknown, metadata: Metadata): boolean {
    if ((failure as Status | null)?.code !== status.UNAUTHENTICATED) return false
    this.#authorization.rejected(metadata)
    return this.#authorization.renews
  }

  #unary(path: string, body: Buffer, metadata: Metadata, operation: Attempt): Promise<UnaryAnswer> {
    const channel = this.#pool.least()
    return new Promise((resolve, reject) => {
      const { deadline, signal } = operation
      if (signal.aborted) return reject(signal.reason)
      channel.underWay++
      let headers = NOTHING
      let bytes: Buffer | undefined
      let failure: ServiceError | undefined
      const call = channel.client.makeUnaryRequest(
        path,
        asIs,
        asIs,
        body,
        metadata,
        { deadline: wallDeadline(deadline) },
        (error, answer) => {
          this.#answerBegins()
          failure = error ?? undefined
          bytes = answer
        },
      )
      const onAbort = () => {
        reject(signal.reason)
        call.cancel()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      call.once('metadata', (received: Metadata) => {
        headers = received
      })
      // The last event of a call; the callback has been called by then.
      call.once('status', (found: StatusObject) => {
        channel.underWay--
        signal.removeEventListener('abort', onAbort)
        if (failure !== undefined) reject(failure satisfies Status)
        else resolve({ bytes: bytes!, headers, trailers: found.metadata })
      })
    })
  }
}
