import type { Socket } from 'node:net'
import { AbstractConnector, Redis } from 'ioredis'
import { type Clock, every, type Timer } from '../../core/clock.js'
import { ConnectionError, type IntegrationError } from '../../core/errors.js'
import { BytesCommand } from './client/bytes-command.js'
import { FrameGuard } from './client/frame-guard.js'
import { socketFailure } from './failures.js'
import { ENTRIES_PER_FRAME } from './read-budget.js'
import { coalesceWrites, filterReads } from './socket.js'

/** What a reply is made of; texts are bytes. */
export type Reply = null | number | string | Buffer | readonly Reply[]

/** An argument of a command. */
export type Argument = string | number | Uint8Array

/** What a subscriber's connection is given. */
export interface MessageListener {
  /** Of SUBSCRIBE and SSUBSCRIBE. The bytes are views of what was received, which nothing else writes to. */
  onMessage(channel: Buffer, payload: Buffer): void
  onPatternMessage(pattern: string, channel: Buffer, payload: Buffer): void
  /** A sharded channel is at another server of the cluster. */
  onMoved(): void
}

export interface WireSettings {
  /** For people: `host:port`. */
  readonly where: string
  readonly protocol: 2 | 3
  /** What CLIENT LIST shows. */
  readonly clientName: string
  /** The largest payload that we take, in bytes; a reply of several may have a few times as many. */
  readonly maxFrame: number
  readonly keepAliveMs: number
}

/**
 * One connection to one server: ioredis over a socket of ours, with all of its own reconnecting, queueing and
 * resending switched off. It ends once: by `close`, or by itself, which `onLost` is told.
 */
export class Wire {
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
    settings: WireSettings,
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
    redis.on('error', (error: unknown) => this.#fail(error))
    redis.once('end', () => this.#end())
  }

  /**
   * Takes over a socket on which the greeting has been exchanged.
   * @param onLost called once at most, when it ends by itself; never before this resolves
   * @throws ConnectionError; what `signal` aborts with. The socket is destroyed then.
   */
  static async open(
    socket: Socket,
    settings: WireSettings,
    clock: Clock,
    signal: AbortSignal,
    onLost: (error: IntegrationError) => void,
  ): Promise<Wire> {
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
    const wire = new Wire(redis, socket, settings, clock, (error) => open && onLost(error))
    const onAbort = () => wire.#fail(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      const ready = redis.connect()
      if (signal.aborted) onAbort()
      await ready
    } catch (error) {
      wire.close()
      throw socketFailure(settings.where, wire.#failure ?? error)
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
    open = true
    wire.#keepAlive()
    return wire
  }

  /** Whether it has ended. */
  get closed(): boolean {
    return this.#closed
  }

  /** What is the matter with it, if that is known: the rejections of ioredis do not say. */
  get fault(): Error | undefined {
    return this.#failure === undefined ? undefined : socketFailure(this.where, withoutCommand(this.#failure))
  }

  /**
   * @returns the reply, its texts as bytes; one that is larger than `maxFrame` is elided (see `elidedSize`). Rejects
   *   with what ioredis rejects with (see `commandFailure`).
   */
  send(name: string, args: readonly Argument[]): Promise<Reply> {
    return this.#redis.sendCommand(new BytesCommand(name, toArguments(args))) as Promise<Reply>
  }

  /** Where the messages of subscriptions go. */
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

  /** Gives it up, as if it had been lost. */
  abandon(error: IntegrationError): void {
    this.#fail(error)
  }

  /** Reads nothing any more until `release`; what has been read already still comes. */
  hold(): void {
    this.#held = true
    this.#socket.pause()
  }

  release(): void {
    this.#held = false
    this.#heard = true
    this.#socket.resume()
  }

  /** Ends it now; replies that are outstanding are rejected. Never throws; idempotent. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#watch?.cancel()
    this.#redis.disconnect()
    this.#socket.destroy()
  }

  /** @returns what ioredis may parse of a chunk */
  #filter(chunk: Buffer): readonly Uint8Array[] {
    this.#heard = true
    this.#asked = false
    if (this.#failure !== undefined) return []
    const found = this.#guard.filter(chunk, this.#waiting())
    if (typeof found !== 'string') return found
    this.#fail(new ConnectionError(`${this.where} sent ${found}`))
    return []
  }

  /** Commands that wait for a reply, those of ioredis' own handshake included; it keeps the list to itself. */
  #waiting(): number {
    return (this.#redis as unknown as { readonly commandQueue: { readonly length: number } }).commandQueue
      .length
  }

  /** Asks whoever is silent for a sign of life; blocking reads end more often than this (`block`). */
  #keepAlive(): void {
    this.#watch = every(
      this.#clock,
      this.#keepAliveMs,
      () => {
        const silent = !this.#heard && !this.#held
        this.#heard = false
        if (!silent) return
        if (this.#asked) return this.#fail(new ConnectionError(`no answer from ${this.where} to PING`))
        this.#asked = true
        this.send('ping', []).catch(ignore)
      },
      { background: true },
    )
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    this.#socket.destroy()
  }

  #end(): void {
    this.#watch?.cancel()
    if (this.#closed) return
    this.#closed = true
    this.#onLost(socketFailure(this.where, withoutCommand(this.#failure)))
  }
}

/** A connector that gives ioredis the socket which is open already. */
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

/** The errors of ioredis carry the command with its arguments, which are nobody's business. */
function withoutCommand(error: unknown): unknown {
  if (error instanceof Error && 'command' in error) return new Error(error.message)
  return error
}

/** ioredis sends a Buffer as bytes, and any other array of bytes as a list of numbers. */
function toArguments(args: readonly Argument[]): (string | number | Buffer)[] {
  for (const each of args)
    if (typeof each === 'object' && !Buffer.isBuffer(each))
      return args.map((one) =>
        typeof one === 'object' ? Buffer.from(one.buffer, one.byteOffset, one.byteLength) : one,
      )
  return args as (string | number | Buffer)[]
}

function ignore(): void {}
