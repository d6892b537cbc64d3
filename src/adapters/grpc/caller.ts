import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js'
import type { Attempt } from '../../core/adapter/attempt.js'
import { ConnectionError } from '../../core/errors/connection.js'
import type { Headers } from '../../core/value.js'
import type { Authorization } from './authorization.js'
import { identity } from './bytes.js'
import type { Channel } from './channel.js'
import type { ChannelPool } from './pool.js'
import type { Status } from './status.js'
import { GrpcStream } from './stream.js'
import { wallDeadline } from './wall-deadline.js'

/** The answer to a unary call. */
export interface UnaryAnswer {
  readonly bytes: Buffer
  readonly headers: Metadata
  readonly trailers: Metadata
}

const NO_METADATA = new Metadata()

/** Options of a stream. */
export interface StreamRequest {
  readonly headers?: Headers | undefined
  readonly signal: AbortSignal
  /** Deadline in `clock.monotonic()` milliseconds; absent for a stream that stays open. */
  readonly deadline?: number
  /**
   * Resolves when the server has accepted the stream, as far as the client can tell. If it rejects as
   * unauthenticated, the stream is opened once more with a new token.
   * @throws Status if the server refuses
   */
  accepted?(stream: GrpcStream): Promise<void>
}

/** Makes calls on the channels of a connection. It takes and returns encoded messages. */
export class Caller {
  readonly #pool: ChannelPool
  readonly #authorization: Authorization
  readonly #waitForReady: boolean
  readonly #answerBegins: () => void
  readonly #streams = new Set<GrpcStream>()
  /** Streams of calls, which end on their own. */
  readonly #calls = new Set<GrpcStream>()
  #isOver = false
  #whenIdle: (() => void)[] = []

  /** @param answerBegins called when a unary call is over, before its answer is decoded */
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
   * Makes a unary call. If the server rejects the token, repeats the call once with a new one.
   * @throws Status for any status but OK; the signal's reason; AuthError if no token is available; ConnectionError
   * if the connection was closed
   */
  async unary(path: string, body: Buffer, operation: Attempt): Promise<UnaryAnswer> {
    const metadata = await this.#metadata(operation.headers, operation)
    try {
      return await this.#unary(this.#pool.leastBusy(), path, body, metadata, operation)
    } catch (failure) {
      if (!this.#mayRepeat(failure, metadata)) throw failure
      const renewed = await this.#metadata(operation.headers, operation)
      return this.#unary(this.#pool.leastBusy(), path, body, renewed, operation)
    }
  }

  /** Makes the same call on every channel. @throws the first failure */
  async onEveryChannel(path: string, body: Buffer, operation: Attempt): Promise<readonly UnaryAnswer[]> {
    const metadata = await this.#metadata(operation.headers, operation)
    return Promise.all(
      this.#pool.channels.map((channel) => this.#unary(channel, path, body, metadata, operation)),
    )
  }

  /**
   * Opens a stream. Without a deadline it lasts until it ends, is cancelled, or `cancelStreams` is called.
   * @throws Status if the server refuses; ConnectionError if the connection was closed
   */
  async stream(path: string, request: StreamRequest): Promise<GrpcStream> {
    for (let isFirst = true; ; isFirst = false) {
      const metadata = await this.#metadata(request.headers, request)
      const stream = this.#open(path, metadata, request.deadline)
      try {
        await request.accepted?.(stream)
        return stream
      } catch (failure) {
        if (!this.#mayRepeat(failure, metadata) || !isFirst) throw failure
      }
    }
  }

  #open(path: string, metadata: Metadata, deadline: number | undefined): GrpcStream {
    const channel = this.#pool.leastBusy()
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

  /** Whether the connection is over; the status of its streams is then meaningless. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Resolves when no call or stream is in flight. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#pool.isIdle) resolve()
      else this.#whenIdle.push(resolve)
    })
  }

  /** Cancels the streams that stay open when the connection is lost. Calls may still be answered. */
  cancelStreams(): void {
    this.#isOver = true
    for (const stream of [...this.#streams]) stream.cancel()
  }

  /** Cancels every call and stream when the connection is closed. */
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
      let headers = NO_METADATA
      let bytes: Buffer | undefined
      let failure: ServiceError | undefined
      const onAnswer = (error: ServiceError | null, answer?: Buffer) => {
        this.#answerBegins()
        failure = error ?? undefined
        bytes = answer
      }
      const until = { deadline: wallDeadline(deadline) }
      const call = this.#onOpen(channel, () =>
        channel.client.makeUnaryRequest(path, identity, identity, body, metadata, until, onAnswer),
      )
      const onAbort = () => {
        reject(signal.reason)
        call.cancel()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      call.once('metadata', (received: Metadata) => {
        headers = received
      })
      // 'status' is the last event of a call; the callback has run by then.
      call.once('status', (found: StatusObject) => {
        this.#done(channel)
        signal.removeEventListener('abort', onAbort)
        if (failure !== undefined) reject(failure satisfies Status)
        else resolve({ bytes: bytes!, headers, trailers: found.metadata })
      })
    })
  }

  /** @throws ConnectionError if the channel is closed, for which grpc-js throws a plain Error */
  #onOpen<C>(channel: Channel, make: () => C): C {
    if (channel.isClosed) throw new ConnectionError('the connection was closed', { notExecuted: true })
    const call = make()
    channel.inFlight++
    return call
  }

  #done(channel: Channel): void {
    channel.inFlight--
    if (this.#whenIdle.length === 0 || !this.#pool.isIdle) return
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }
}
