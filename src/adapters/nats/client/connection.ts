import type { Socket } from 'node:net'
import type { Clock, Timer } from '../../../core/clock.js'
import { ConnectionError } from '../../../core/errors/connection.js'
import type { IntegrationError } from '../../../core/errors/integration-error.js'
import type { Logger } from '../../../core/telemetry.js'
import { abortFailure } from '../../abort.js'
import { type ServerAddress, whereOf } from './address.js'
import { connectionFailure } from './failures.js'
import { keepAlive } from './keep-alive.js'
import type { MessageView } from './message-view.js'
import { MalformedProtocol, Parser, type ParserHandler } from './parser.js'
import { Pings } from './pings.js'
import { ReadGate } from './read-gate.js'
import { refusal, serverError } from './server-errors.js'
import { parseInfo, type ServerInfo } from './server-info.js'
import type { OpenedSocket } from './socket.js'
import { type Route, Subscriptions } from './subscriptions.js'
import { Writer } from './writer.js'

/** The fields of CONNECT that prove our identity. They are secrets and must not be logged. */
export type Proof = Readonly<Partial<Record<'user' | 'pass' | 'auth_token' | 'jwt' | 'nkey' | 'sig', string>>>

/** The events of a connection. */
export interface ConnectionEvents {
  /** Called at most once, and not after `close`. No other event follows; the routes receive `onLost`. */
  lost(error: ConnectionError): void
  /** Called when the server sends INFO: it describes its cluster, or is shutting down. */
  informed(info: ServerInfo): void
  /** Called when the server does not permit a publish. */
  publishRefused(subject: string, text: string): void
}

/** Hides secrets in a text. */
export interface Mask {
  text(received: string): string
}

export interface ConnectionSettings {
  /** Returns a mask that hides these secrets in texts of the server. */
  readonly maskOf: (secrets: readonly (string | undefined)[]) => Mask
  readonly name: string
  readonly clock: Clock
  readonly log: Logger
  readonly maxFrame: number
  readonly pingIntervalMs: number
}

/** How long the server may take to receive pending writes when the connection is closed, in milliseconds. */
const CLOSE_MS = 1_000

/** One connection to a server (NATS client protocol). */
export class Connection implements ParserHandler {
  readonly server: ServerAddress
  readonly gate: ReadGate
  readonly writer: Writer
  readonly #socket: Socket
  readonly #settings: ConnectionSettings
  readonly #events: ConnectionEvents
  readonly #parser: Parser
  readonly #subscriptions = new Subscriptions()
  readonly #pings = new Pings()
  #info: ServerInfo
  /** Hides the proof of identity in texts of the server. */
  #mask: Mask = { text: (received) => received }
  #heard = false
  #keepAlive: Timer | undefined
  #lastError: string | undefined
  #closed: IntegrationError | undefined

  constructor(
    server: ServerAddress,
    { socket, info }: OpenedSocket,
    settings: ConnectionSettings,
    events: ConnectionEvents,
  ) {
    this.server = server
    this.#socket = socket
    this.#info = info
    this.#settings = settings
    this.#events = events
    this.#parser = new Parser(this, settings.maxFrame)
    this.writer = new Writer(socket)
    this.gate = new ReadGate(socket, settings.clock)
  }

  /** The latest INFO of the server. */
  get info(): ServerInfo {
    return this.#info
  }

  /** Why the connection is closed, or undefined while it is open. */
  get closed(): IntegrationError | undefined {
    return this.#closed
  }

  /**
   * Sends CONNECT. Resolves when the server has accepted it.
   * @throws ConnectionError, AuthError
   */
  async greet(proof: Proof, secure: boolean, rest: Buffer, signal: AbortSignal): Promise<void> {
    this.#mask = this.#settings.maskOf([proof.pass, proof.auth_token, proof.jwt, proof.sig])
    const socket = this.#socket
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('error', (error) => this.#fail(connectionFailure(whereOf(this.server), error)))
    socket.on('close', () => this.#fail(this.#closeReason()))
    const { headers } = this.#info
    const options = {
      verbose: false,
      pedantic: false,
      protocol: 1,
      lang: 'nodejs',
      version: 'nemo-gateway',
      name: this.#settings.name,
      tls_required: secure,
      headers,
      no_responders: headers,
      ...proof,
    }
    this.writer.line(`CONNECT ${JSON.stringify(options)}`)
    const accepted = this.ping()
    const onAbort = () => this.#fail(abortFailure('connect', signal))
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    try {
      if (rest.length > 0) this.#onData(rest)
      socket.resume()
      await accepted
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
    this.#keepAlive = keepAlive(this.#settings.clock, this.#settings.pingIntervalMs, {
      heard: () => {
        const heard = this.#heard
        this.#heard = false
        return heard
      },
      isPaused: () => this.gate.paused,
      ping: () => void this.ping().catch(() => {}),
      silent: () =>
        this.#fail(
          new ConnectionError(
            `${whereOf(this.server)} did not answer PING within ping_interval (${this.#settings.pingIntervalMs} ms)`,
          ),
        ),
    })
  }

  /** Starts a subscription. The server has it once a later `ping` resolves. @returns its id */
  subscribe(subject: string, queue: string | undefined, route: Route): number {
    const sid = this.#subscriptions.add(subject, route)
    this.#pings.subscribed(sid)
    this.writer.line(queue === undefined ? `SUB ${subject} ${sid}` : `SUB ${subject} ${queue} ${sid}`)
    // A refusal does not name the subscription. This PING marks its place in the order of answers.
    this.ping().catch(() => {})
    return sid
  }

  /** Tells the server to send no more messages. The route still receives messages on their way, until `forget`. */
  unsubscribe(sid: number): void {
    if (this.#subscriptions.has(sid)) this.writer.line(`UNSUB ${sid}`)
  }

  /** Stops delivering to the route. */
  forget(sid: number): void {
    this.#subscriptions.delete(sid)
  }

  /** Sends PING and waits for the answer. @throws ConnectionError if the connection ends first */
  ping(): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    const answer = this.#pings.sent()
    this.writer.line('PING')
    return answer
  }

  /**
   * Closes the connection after pending writes are sent. Never throws; idempotent; no event follows.
   * @param lost set if the owner has lost another connection; the routes then receive `onLost`
   */
  async close(lost?: ConnectionError): Promise<void> {
    if (this.#closed !== undefined) return
    this.writer.flush()
    const routes = this.#end(lost ?? new ConnectionError('the connection was closed'))
    if (lost !== undefined) for (const route of routes) route.onLost?.(lost)
    const socket = this.#socket
    await new Promise<void>((resolve) => {
      const timer = this.#settings.clock.setTimer(CLOSE_MS, () => socket.destroy(), {
        background: true,
      })
      socket.once('close', () => {
        timer.cancel()
        resolve()
      })
      // Read on: the socket closes only after the end of the other side was read.
      socket.end().resume()
      if (socket.destroyed) socket.emit('close')
    })
  }

  onMessage(view: MessageView): void {
    this.#subscriptions.route(view.sid)?.onMessage(view)
  }

  onOversize(view: MessageView): void {
    this.#subscriptions.route(view.sid)?.onOversize(view)
  }

  onPing(): void {
    this.writer.line('PONG')
  }

  onPong(): void {
    // An answer shows that the connection survived the last reported error.
    this.#lastError = undefined
    this.#pings.answered()
  }

  onInfo(text: string): void {
    this.#info = parseInfo(text)
    this.#events.informed(this.#info)
  }

  onError(received: string): void {
    const error = serverError(received)
    const text = this.#mask.text(received)
    switch (error.about) {
      case 'publish':
        return this.#events.publishRefused(error.subject, text)
      case 'subscription':
        return this.#subscriptions.refuseSubject(error.subject, text)
      case 'latest-subscription':
        return this.#refuseLatest(text)
      case 'message':
        return this.#warn(text)
      case 'connection':
        this.#lastError = text
        // The server closes the connection after this error, so the reason is reported then. A handshake fails now.
        if (this.#keepAlive === undefined) this.#fail(refusal(whereOf(this.server), text))
        else this.#warn(text)
    }
  }

  /** Refuses the subscriptions before the oldest open PING: a server answers in the order in which it reads. */
  #refuseLatest(text: string): void {
    if (!this.#subscriptions.refuse(this.#pings.unconfirmed, text)) this.#warn(text)
  }

  #warn(text: string): void {
    this.#settings.log({ level: 'warn', message: `${whereOf(this.server)} reported an error: ${text}` })
  }

  #onData(chunk: Buffer): void {
    this.#heard = true
    try {
      this.#parser.feed(chunk)
    } catch (error) {
      if (!(error instanceof MalformedProtocol)) throw error
      const reason = `${whereOf(this.server)} sent ${error.message}`
      this.#fail(new ConnectionError(reason, { cause: error }))
    }
  }

  #closeReason(): IntegrationError {
    const where = whereOf(this.server)
    return this.#lastError === undefined
      ? new ConnectionError(`${where} closed the connection`)
      : refusal(where, this.#lastError)
  }

  #fail(error: IntegrationError): void {
    if (this.#closed !== undefined) return
    const established = this.#keepAlive !== undefined
    const routes = this.#end(error)
    this.#socket.destroy()
    if (!established) return
    const lost = asConnectionError(error)
    this.#events.lost(lost)
    for (const route of routes) route.onLost?.(lost)
  }

  /** Closes everything but the socket. @returns the routes that were subscribed */
  #end(error: IntegrationError): ReadonlySet<Route> {
    this.#closed = error
    this.#keepAlive?.cancel()
    this.#parser.close()
    this.gate.close()
    this.writer.close(asConnectionError(error))
    this.#pings.close(error)
    return this.#subscriptions.clear()
  }
}

function asConnectionError(error: IntegrationError): ConnectionError {
  return error instanceof ConnectionError ? error : new ConnectionError(error.message, { cause: error })
}
