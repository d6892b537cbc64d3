import type { Socket } from 'node:net'
import type { Clock, Timer } from '../../../core/clock.js'
import { ConnectionError, type IntegrationError } from '../../../core/errors.js'
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
import type { Introduction } from './socket.js'
import { Writer } from './writer.js'

/** The fields of CONNECT that prove who we are. Secrets: never to be shown. */
export type Proof = Readonly<Partial<Record<'user' | 'pass' | 'auth_token' | 'jwt' | 'nkey' | 'sig', string>>>

/** Where the messages of a subscription go. */
export interface Route {
  /** The view is good until this returns. Must not throw. */
  onMessage(view: MessageView): void
  /** A message that was larger than we take, without its body. */
  onOversize(view: MessageView): void
  /** The server refuses the subscription. */
  onRefused?(text: string): void
  /** The connection is lost: nothing comes any more. Not called when we close it. */
  onLost?(error: ConnectionError): void
}

/** What a connection reports to its owner. */
export interface ConnectionEvents {
  /** Called once, unless `close` was called first. No other event follows, but the routes hear of it. */
  lost(error: ConnectionError): void
  /** The server described its cluster, or is about to end. */
  informed(info: ServerInfo): void
  /** The server does not permit a publish that was made. */
  publishRefused(subject: string, text: string): void
}

/** Hides secrets in a text. */
export interface Mask {
  text(received: string): string
}

export interface ConnectionSettings {
  /** Makes what hides these secrets in texts of the server. */
  readonly maskOf: (secrets: readonly (string | undefined)[]) => Mask
  readonly name: string
  readonly clock: Clock
  readonly log: Logger
  readonly maxFrame: number
  readonly pingIntervalMs: number
}

interface Subscribed {
  readonly subject: string
  readonly route: Route
}

/** How long the server has to take the rest of what was written, when a connection is closed. */
const FAREWELL_MS = 1_000

/** One connection to a server: subscriptions, publishes and pings (NATS client protocol). */
export class Connection implements ParserHandler {
  readonly server: ServerAddress
  readonly gate: ReadGate
  readonly writer: Writer
  readonly #socket: Socket
  readonly #settings: ConnectionSettings
  readonly #events: ConnectionEvents
  readonly #parser: Parser
  readonly #subscriptions = new Map<number, Subscribed>()
  readonly #pings = new Pings()
  #info: ServerInfo
  /** Hides in what the server says the proof that it was shown. */
  #mask: Mask = { text: (received) => received }
  #lastSid = 0
  #heard = false
  #keepAlive: Timer | undefined
  #lastError: string | undefined
  #closed: IntegrationError | undefined

  constructor(
    server: ServerAddress,
    { socket, info }: Introduction,
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

  /** The latest that the server has reported of itself. */
  get info(): ServerInfo {
    return this.#info
  }

  /** Why it is closed; `undefined` while it is not. */
  get closed(): IntegrationError | undefined {
    return this.#closed
  }

  /**
   * Presents us to the server. Resolves when it has accepted us.
   * @throws ConnectionError, AuthError
   */
  async greet(proof: Proof, secure: boolean, rest: Buffer, signal: AbortSignal): Promise<void> {
    this.#mask = this.#settings.maskOf([proof.pass, proof.auth_token, proof.jwt, proof.sig])
    const socket = this.#socket
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('error', (error) => this.#fail(connectionFailure(whereOf(this.server), error)))
    socket.on('close', () => this.#fail(this.#closing()))
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
      silent: () => this.#fail(new ConnectionError(`${whereOf(this.server)} does not answer`)),
    })
  }

  /** Begins a subscription. @returns its number. That the server has it is known once a later `ping` resolves. */
  subscribe(subject: string, queue: string | undefined, route: Route): number {
    const sid = ++this.#lastSid
    this.#subscriptions.set(sid, { subject, route })
    this.#pings.subscribed(sid)
    this.writer.line(queue === undefined ? `SUB ${subject} ${sid}` : `SUB ${subject} ${queue} ${sid}`)
    // A refusal does not name the subscription: it is the one before the oldest PING without an answer.
    this.ping().catch(() => {})
    return sid
  }

  /** Tells the server to send no more. Its route still gets what is on its way, until `forget`. */
  unsubscribe(sid: number): void {
    if (this.#subscriptions.has(sid)) this.writer.line(`UNSUB ${sid}`)
  }

  /** The route hears nothing more. */
  forget(sid: number): void {
    this.#subscriptions.delete(sid)
  }

  /** A round trip. @throws ConnectionError when the connection ends first */
  ping(): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    const answer = this.#pings.sent()
    this.writer.line('PING')
    return answer
  }

  /**
   * Ends it after what was written has gone out. Never throws; idempotent; no event follows.
   * @param lost given when its owner has lost another connection: then the routes hear of it
   */
  async close(lost?: ConnectionError): Promise<void> {
    if (this.#closed !== undefined) return
    this.writer.flush()
    const routes = this.#end(lost ?? new ConnectionError('the connection was closed'))
    if (lost !== undefined) for (const route of routes) route.onLost?.(lost)
    const socket = this.#socket
    await new Promise<void>((resolve) => {
      const patience = this.#settings.clock.setTimer(FAREWELL_MS, () => socket.destroy(), {
        background: true,
      })
      socket.once('close', () => {
        patience.cancel()
        resolve()
      })
      // The end of the other side is seen by those who read.
      socket.end().resume()
      if (socket.destroyed) socket.emit('close')
    })
  }

  onMessage(view: MessageView): void {
    this.#subscriptions.get(view.sid)?.route.onMessage(view)
  }

  onOversize(view: MessageView): void {
    this.#subscriptions.get(view.sid)?.route.onOversize(view)
  }

  onPing(): void {
    this.writer.line('PONG')
  }

  onPong(): void {
    // A server that answers goes on: what it complained of before did not end the connection.
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
        for (const { subject, route } of [...this.#subscriptions.values()])
          if (subject === error.subject) route.onRefused?.(text)
        return
      case 'latest-subscription':
        return this.#refuseLatest(text)
      case 'message':
        return this.#warn(text)
      case 'connection':
        this.#lastError = text
        // The server closes the connection after it; a handshake has failed already.
        if (this.#keepAlive === undefined) this.#fail(refusal(whereOf(this.server), text))
        else this.#warn(text)
    }
  }

  /** The server answers in the order in which it reads: the refusal is of a subscription before the oldest open PING. */
  #refuseLatest(text: string): void {
    const routes = new Set(this.#pings.unconfirmed.map((sid) => this.#subscriptions.get(sid)?.route))
    if (routes.size === 0) this.#warn(text)
    for (const route of routes) route?.onRefused?.(text)
  }

  #warn(text: string): void {
    this.#settings.log({ level: 'warn', message: `${whereOf(this.server)} reports an error: ${text}` })
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

  #closing(): IntegrationError {
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

  /** @returns the routes that were there */
  #end(error: IntegrationError): ReadonlySet<Route> {
    this.#closed = error
    this.#keepAlive?.cancel()
    this.#parser.close()
    this.gate.close()
    this.writer.close(asConnectionError(error))
    const routes = new Set([...this.#subscriptions.values()].map(({ route }) => route))
    this.#subscriptions.clear()
    this.#pings.close(error)
    return routes
  }
}

function asConnectionError(error: IntegrationError): ConnectionError {
  return error instanceof ConnectionError ? error : new ConnectionError(error.message, { cause: error })
}
