import type { Socket } from 'node:net'
import { AbstractConnector, Redis } from 'ioredis'
import { type Clock, every, type Timer } from '../../core/clock.js'
import { ConnectionError } from '../../core/errors/connection.js'
import type { IntegrationError } from '../../core/errors/integration-error.js'
import { BytesCommand } from './client/bytes-command.js'
import { FrameGuard } from './client/frame-guard.js'
import { socketFailure } from './failures.js'
import { ENTRIES_PER_FRAME } from './read-budget.js'
import { coalesceWrites, filterReads } from './socket.js'

/** A reply; strings are bytes. */
export type Reply = null | number | string | Buffer | readonly Reply[]

/** An argument of a command. */
export type Argument = string | number | Uint8Array

/** Receives the messages of subscriptions. */
export interface MessageListener {
  /**
   * Receives a message of SUBSCRIBE or SSUBSCRIBE. The bytes are views of the received chunk, which nothing else writes
   * to.
   */
  onMessage(channel: Buffer, payload: Buffer): void
  onPatternMessage(pattern: string, channel: Buffer, payload: Buffer): void
  /** Called when a sharded channel has moved to another server of the cluster. */
  onMoved(): void
}

export interface ConnectionSettings {
  /** `host:port`, for messages. */
  readonly where: string
  readonly protocol: 2 | 3
  /** Shown in CLIENT LIST. */
  readonly clientName: string
  /**
   * The maximum size of a payload, in bytes. A reply with several entries may be `ENTRIES_PER_FRAME` times as large.
   */
  readonly maxFrame: number
  readonly keepAliveMs: number
}

/**
 * One connection to one server: ioredis over our own socket, with its reconnecting, queueing and resending switched
 * off. It ends once, by `close` or by a loss, which calls `onLost`.
 */
export class RedisConnection {
  readonly where: string
  readonly #redis: Redis
  readonly #socket: Socket
  readonly #guard: FrameGuard
  readonly #clock: Clock
  readonly #keepAliveMs: number
  readonly #onLost: (error: IntegrationError) => void
  #watch: Timer | undefined
  #heard = true
  #asked = false
  #held = false
  #closed = false
  #failure: unknown

  private constructor(
    redis: Redis,
    socket: Socket,
    settings: ConnectionSettings,
    clock: Clock,
    onLost: (error: IntegrationError) => void,
  ) {
    this.where = settings.where
    this.#redis = redis
    this.#socket = socket
    this.#clock = clock
    this.#keepAliveMs = settings.keepAliveMs
    this.#onLost = onLost
    this.#guard = new FrameGuard(settings.maxFrame, ENTRIES_PER_FRAME * settings.maxFrame)
    coalesceWrites(socket)
    filterReads(socket, (chunk) => this.#filter(chunk))
    redis.on('error', (error: unknown) => this.fail(error))
    redis.once('end', () => this.#end())
  }

  /**
   * Takes over a socket after the handshake.
   * @param onLost called at most once, when the connection is lost, and not before this resolves
   * @throws ConnectionError, or the reason of `signal`; the socket is then destroyed
   */
  static async open(
    socket: Socket,
    settings: ConnectionSettings,
    clock: Clock,
    signal: AbortSignal,
    onLost: (error: IntegrationError) => void,
  ): Promise<RedisConnection> {
    let open = false
    const redis = new Redis({
      Connector: handingOver(socket),
      lazyConnect: true,
      protocol: settings.protocol,
      connectionName: settings.clientName,
      disableClientInfo: true,
      enableReadyCheck: false,
      enableOfflineQueue: false,
      retryStrategy: () => null,
      maxRetriesPerRequest: null,
      autoResubscribe: false,
      autoResendUnfulfilledCommands: false,
    })
    const connection = new RedisConnection(redis, socket, settings, clock, (error) => open && onLost(error))
    const onAbort = () => connection.fail(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      const ready = redis.connect()
      if (signal.aborted) onAbort()
      await ready
    } catch (error) {
      connection.close()
      throw socketFailure(settings.where, connection.#failure ?? error)
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
    open = true
    connection.#keepAlive()
    return connection
  }

  /** Whether the connection has ended. */
  get closed(): boolean {
    return this.#closed
  }

  /** Why the connection failed, if known. The rejections of ioredis do not say. */
  get fault(): IntegrationError | undefined {
    return this.#failure === undefined ? undefined : socketFailure(this.where, withoutCommand(this.#failure))
  }

  /**
   * Sends a command.
   * @returns the reply, with strings as bytes; a string larger than `maxFrame` is elided (see `elidedSize`). Rejects
   *   with what ioredis rejects with (see `commandFailure`).
   */
  send(name: string, args: readonly Argument[]): Promise<Reply> {
    return this.#redis.sendCommand(new BytesCommand(name, toArguments(args))) as Promise<Reply>
  }

  /** Sets the receiver of subscription messages. */
  listen(listener: MessageListener): void {
    this.#guard.subscriber = true
    const onMessage = (channel: Buffer, payload: Buffer) => listener.onMessage(channel, payload)
    this.#redis.on('messageBuffer', onMessage)
    this.#redis.on('smessageBuffer', onMessage)
    this.#redis.on('pmessageBuffer', (pattern: string, channel: Buffer, payload: Buffer) =>
      listener.onPatternMessage(pattern, channel, payload),
    )
    this.#redis.on('moved', () => listener.onMoved())
  }

  /** Ends the connection as if it was lost. */
  fail(error: unknown): void {
    this.#failure ??= error
    this.#socket.destroy()
  }

  /** Stops reading until `release`. Data that was already read is still delivered. */
  hold(): void {
    this.#held = true
    this.#socket.pause()
  }

  release(): void {
    this.#held = false
    this.#heard = true
    this.#socket.resume()
  }

  /** Closes the connection and rejects the replies in flight. Never throws; idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#watch?.cancel()
    this.#redis.disconnect()
    this.#socket.destroy()
  }

  /** @returns the part of a chunk that ioredis may parse */
  #filter(chunk: Buffer): readonly Uint8Array[] {
    this.#heard = true
    this.#asked = false
    if (this.#failure !== undefined) return []
    const found = this.#guard.filter(chunk, this.#waiting())
    if (typeof found !== 'string') return found
    this.fail(new ConnectionError(`${this.where} sent ${found}`))
    return []
  }

  /**
   * Returns how many commands wait for a reply, including the handshake of ioredis. ioredis keeps this list private.
   */
  #waiting(): number {
    return (this.#redis as unknown as { readonly commandQueue: { readonly length: number } }).commandQueue
      .length
  }

  /**
   * Sends PING when nothing was received for one interval, and fails the connection after a second one. Blocking reads
   * end within an interval (`block` is at most `keep_alive`), so they do not trigger it.
   */
  #keepAlive(): void {
    this.#watch = every(
      this.#clock,
      this.#keepAliveMs,
      () => {
        const silent = !this.#heard && !this.#held
        this.#heard = false
        if (!silent) return
        if (this.#asked)
          return this.fail(
            new ConnectionError(
              `${this.where} did not answer PING within keep_alive (${this.#keepAliveMs} ms)`,
            ),
          )
        this.#asked = true
        this.send('ping', []).catch(ignore)
      },
      { background: true },
    )
  }

  #end(): void {
    this.#watch?.cancel()
    if (this.#closed) return
    this.#closed = true
    this.#onLost(socketFailure(this.where, withoutCommand(this.#failure)))
  }
}

/** Returns a connector class that gives ioredis an open socket. */
function handingOver(socket: Socket) {
  return class extends AbstractConnector {
    constructor() {
      super(0)
    }
    connect(): Promise<Socket> {
      this.stream = socket
      return Promise.resolve(socket)
    }
  }
}

/** Strips the command from an error of ioredis: its arguments may be secret. */
function withoutCommand(error: unknown): unknown {
  if (error instanceof Error && 'command' in error) return new Error(error.message)
  return error
}

/** Converts byte arrays to Buffers: ioredis sends any other array as a list of numbers. */
function toArguments(args: readonly Argument[]): (string | number | Buffer)[] {
  for (const each of args)
    if (typeof each === 'object' && !Buffer.isBuffer(each))
      return args.map((one) =>
        typeof one === 'object' ? Buffer.from(one.buffer, one.byteOffset, one.byteLength) : one,
      )
  return args as (string | number | Buffer)[]
}

function ignore(): void {}
