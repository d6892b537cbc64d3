import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js'
import type { Attempt } from '../../core/adapter.js'
import { ConnectionError } from '../../core/errors.js'
import type { Headers } from '../../core/value.js'
import type { Authorization } from './authorization.js'
import { asIs } from './bytes.js'
import type { Channel } from './channel.js'
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

/** What a stream is opened for. */
export interface StreamRequest {
  readonly headers?: Headers | undefined
  readonly signal: AbortSignal
  /** `clock.monotonic()` milliseconds; none where the stream stays open. */
  readonly deadline?: number
  /**
   * Settles when the server has let it in, as far as one can tell: a token that it refuses until then is replaced
   * once. @throws Status when it is refused
   */
  granted?(stream: GrpcStream): Promise<void>
}

/** Makes calls on the channels of a connection: bytes in, bytes out. */
export class Caller {
  readonly #pool: ChannelPool
  readonly #authorization: Authorization
  readonly #waitForReady: boolean
  readonly #answerBegins: () => void
  readonly #streams = new Set<GrpcStream>()
  /** Streams that are calls: they end by themselves. */
  readonly #calls = new Set<GrpcStream>()
  #isOver = false
  #whenIdle: (() => void)[] = []

  /** @param answerBegins called when a call with one response is over, before what came is decoded. */
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
   * @throws Status for any but OK, the signal's reason, AuthError when no token can be had, ConnectionError when the
   *   connection was closed
   */
  async unary(path: string, body: Buffer, operation: Attempt): Promise<UnaryAnswer> {
    const metadata = await this.#metadata(operation.headers, operation)
    try {
      return await this.#unary(this.#pool.least(), path, body, metadata, operation)
    } catch (failure) {
      if (!this.#mayRepeat(failure, metadata)) throw failure
      const renewed = await this.#metadata(operation.headers, operation)
      return this.#unary(this.#pool.least(), path, body, renewed, operation)
    }
  }

  /** The same request on every channel. @throws what the first that fails throws */
  async everywhere(path: string, body: Buffer, operation: Attempt): Promise<readonly UnaryAnswer[]> {
    const metadata = await this.#metadata(operation.headers, operation)
    return Promise.all(
      this.#pool.channels.map((channel) => this.#unary(channel, path, body, metadata, operation)),
    )
  }

  /**
   * Opens a stream. One without a deadline lasts until it ends, is cancelled, or `cancelStreams` is called.
   * @throws Status when it is refused; ConnectionError when the connection was closed
   */
  async stream(path: string, request: StreamRequest): Promise<GrpcStream> {
    for (let isFirst = true; ; isFirst = false) {
      const metadata = await this.#metadata(request.headers, request)
      const stream = this.#open(path, metadata, request.deadline)
      try {
        await request.granted?.(stream)
        return stream
      } catch (failure) {
        if (!this.#mayRepeat(failure, metadata) || !isFirst) throw failure
      }
    }
  }

  #open(path: string, metadata: Metadata, deadline: number | undefined): GrpcStream {
    const channel = this.#pool.least()
    const until = wallDeadline(deadline ?? Number.POSITIVE_INFINITY)
    const stream = this.#onOpen(
      channel,
      () => new GrpcStream(channel.client.getChannel().createCall(path, until, null, null, null), metadata),
    )
    const open = deadline === undefined ? this.#streams : this.#calls
    open.add(stream)
    stream.over.then(() => {
      open.delete(stream)
      this.#done(channel)
    })
    return stream
  }

  /** Whether the connection is over: how its streams end says nothing then. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Resolves when no call and no stream is under way. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#pool.isIdle) resolve()
      else this.#whenIdle.push(resolve)
    })
  }

  /** The connection is lost: streams that stay open end, while calls may still be answered. */
  cancelStreams(): void {
    this.#isOver = true
    for (const stream of [...this.#streams]) stream.cancel()
  }

  /** The connection is closed, and every stream with it. */
  cancelAll(): void {
    this.cancelStreams()
    for (const call of [...this.#calls]) call.cancel()
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

  #unary(
    channel: Channel,
    path: string,
    body: Buffer,
    metadata: Metadata,
    operation: Attempt,
  ): Promise<UnaryAnswer> {
    return new Promise((resolve, reject) => {
      const { deadline, signal } = operation
      if (signal.aborted) return reject(signal.reason)
      let headers = NOTHING
      let bytes: Buffer | undefined
      let failure: ServiceError | undefined
      const onAnswer = (error: ServiceError | null, answer?: Buffer) => {
        this.#answerBegins()
        failure = error ?? undefined
        bytes = answer
      }
      const until = { deadline: wallDeadline(deadline) }
      const call = this.#onOpen(channel, () =>
        channel.client.makeUnaryRequest(path, asIs, asIs, body, metadata, until, onAnswer),
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
        this.#done(channel)
        signal.removeEventListener('abort', onAbort)
        if (failure !== undefined) reject(failure satisfies Status)
        else resolve({ bytes: bytes!, headers, trailers: found.metadata })
      })
    })
  }

  /** @throws ConnectionError where the channel is closed, which the library tells with an Error of no class */
  #onOpen<C>(channel: Channel, make: () => C): C {
    if (channel.isClosed) throw new ConnectionError('the connection was closed', { notExecuted: true })
    const call = make()
    channel.underWay++
    return call
  }

  #done(channel: Channel): void {
    channel.underWay--
    if (this.#whenIdle.length === 0 || !this.#pool.isIdle) return
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }
}
