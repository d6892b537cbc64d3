import { Metadata, status } from '@grpc/grpc-js'
import type { Attempt } from '../../core/adapter/attempt.js'
import { ConnectionError } from '../../core/errors/connection.js'
import type { IncomingAnswers } from '../../core/incoming-answers.js'
import type { Headers } from '../../core/value.js'
import type { Authorization } from './authorization.js'
import { CallMemory } from './call-memory.js'
import type { Channel } from './channel.js'
import { foundStatus } from './found-status.js'
import type { ChannelPool } from './pool.js'
import type { RawCall } from './raw-call.js'
import { CLOSED_BY_US, type Status } from './status.js'
import { GrpcStream, isOk } from './stream.js'
import type { TurnQuota } from './turn-quota.js'
import { wallDeadline } from './wall-deadline.js'

/** The answer to a unary call. */
export interface UnaryAnswer {
  readonly bytes: Buffer
  readonly headers: Metadata
  readonly trailers: Metadata
}

const NO_METADATA = new Metadata()
const NO_RESPONSE: Status = { code: status.INTERNAL, details: 'expected one response, found none' }

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

/** Limits on what is read. */
export interface ReadLimits {
  /** Maximum size of a message in bytes. */
  readonly maxBytes: number
  readonly incoming: IncomingAnswers
  readonly turns: TurnQuota
}

/** Makes calls on the channels of a connection. It takes and returns encoded messages. */
export class Caller {
  readonly #pool: ChannelPool
  readonly #authorization: Authorization
  readonly #waitForReady: boolean
  readonly #limits: ReadLimits
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
    limits: ReadLimits,
    answerBegins: () => void,
  ) {
    this.#pool = pool
    this.#authorization = authorization
    this.#waitForReady = waitForReady
    this.#limits = limits
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
    const call = this.#start(channel, path, deadline ?? Number.POSITIVE_INFINITY)
    const stream = new GrpcStream(call, metadata, this.#memory(), this.#limits.turns)
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
    for (const stream of [...this.#streams]) stream.lose()
  }

  /** Cancels every call and stream when the connection is closed. */
  cancelAll(): void {
    this.cancelStreams()
    for (const call of [...this.#calls]) call.lose()
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
      let headers: Metadata | undefined
      let bytes: Buffer | undefined
      const call = this.#start(channel, path, deadline)
      const memory = this.#memory()
      const onAbort = () => {
        reject(signal.reason)
        call.cancelWithStatus(status.CANCELLED, CLOSED_BY_US)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      call.start(metadata, {
        onReceiveMetadata: (received) => {
          headers = received
          memory.watch(call)
        },
        onReceiveMessage: (message: unknown) => {
          if (bytes !== undefined)
            return call.cancelWithStatus(status.INTERNAL, 'expected one response, found more')
          bytes = message as Buffer
          memory.received()
          // grpc-js reports the status only when it has been asked for what follows the last message.
          call.startRead()
        },
        onReceiveStatus: (reported) => {
          this.#answerBegins()
          this.#done(channel)
          signal.removeEventListener('abort', onAbort)
          const found = foundStatus(reported, headers)
          const answer = bytes && { bytes, headers: headers ?? NO_METADATA, trailers: reported.metadata }
          const settle = () => {
            memory.release()
            if (!isOk(found)) reject(found)
            else if (answer === undefined) reject(NO_RESPONSE)
            else resolve(answer)
          }
          const turn = this.#limits.incoming.turnOf(memory.bytes)
          if (turn === undefined) settle()
          else turn.then(settle)
        },
      })
      call.startRead()
      call.sendMessageWithContext({}, body)
      call.halfClose()
    })
  }

  #memory(): CallMemory {
    return new CallMemory(this.#limits.incoming, this.#limits.maxBytes)
  }

  /** @throws ConnectionError if the channel is closed, for which grpc-js throws a plain Error */
  #start(channel: Channel, path: string, deadline: number): RawCall {
    if (channel.isClosed) throw new ConnectionError('the connection was closed', { notExecuted: true })
    const call = channel.client.getChannel().createCall(path, wallDeadline(deadline), null, null, null)
    channel.inFlight++
    return call
  }

  #done(channel: Channel): void {
    channel.inFlight--
    if (this.#whenIdle.length === 0 || !this.#pool.isIdle) return
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }
}
