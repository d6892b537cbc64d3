import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Caller as AccessCaller, AccessRefusal } from '../../../core/adapter/authentication.js'
import { ByteBudget } from '../../../core/byte-budget.js'
import { type Clock, every, type Timer } from '../../../core/clock.js'
import { keepAlive } from '../websocket/keep-alive.js'
import { type AccessRules, headersOf, type Refusal, refusalOf } from './access-rules.js'
import { type Admission, callerOf, TOO_MANY } from './admission.js'
import type { Dispatcher } from './dispatcher.js'
import type { Feeds } from './feeds.js'
import { type Guard, httpRefusal } from './guard.js'
import { type CallerSettings, SocketCaller } from './socket-caller.js'

export interface WebSocketSettings extends CallerSettings {
  /** Maximum size of a message in bytes. */
  readonly limit: number
  /** Milliseconds of silence before the server sends a ping; 0 disables pings. */
  readonly pingIntervalMs: number
}

/** How often callers are checked for time-outs, in milliseconds. */
const CHECK_MS = 1000
/** Maximum number of frames in one message, because each frame costs more than its bytes. */
const MOST_FRAGMENTS = 1024
/** The part of the actor's memory that messages may hold whose end has not arrived. */
const INCOMPLETE_PART = 0.5
/** `Retry-After` tells the caller that nothing was executed. */
const UNAVAILABLE: Refusal = {
  status: 503,
  reason: 'the server is starting or stopping: nothing was executed',
  headers: { 'retry-after': '1' },
}

const MALFORMED: Refusal = { status: 400, reason: 'malformed WebSocket handshake' }

/** Answers WebSocket messages, each when its calls are done. */
export class WebSockets {
  readonly #settings: WebSocketSettings
  readonly #access: AccessRules
  readonly #admission: Admission
  readonly #guard: Guard
  readonly #dispatcher: Dispatcher
  readonly #feeds: Feeds
  readonly #clock: Clock
  readonly #budget: ByteBudget
  readonly #incomplete: ByteBudget
  readonly #server: WebSocketServer
  readonly #callers = new Set<SocketCaller>()
  readonly #timer: Timer

  constructor(
    settings: WebSocketSettings,
    access: AccessRules,
    admission: Admission,
    guard: Guard,
    dispatcher: Dispatcher,
    feeds: Feeds,
    clock: Clock,
    budget: ByteBudget,
  ) {
    this.#settings = settings
    this.#access = access
    this.#admission = admission
    this.#guard = guard
    this.#dispatcher = dispatcher
    this.#feeds = feeds
    this.#clock = clock
    this.#budget = budget
    this.#incomplete = new ByteBudget(budget.limit * INCOMPLETE_PART)
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: settings.limit,
      perMessageDeflate: false,
      clientTracking: false,
      // Option of `ws` since 8.20; missing in its types.
      ...{ maxFragments: MOST_FRAGMENTS },
    })
    this.#server.on('wsClientError', (_error, stream, request) => this.#refuse(request, stream, MALFORMED))
    this.#timer = every(
      clock,
      CHECK_MS,
      () => {
        for (const caller of this.#callers) caller.check()
      },
      { background: true },
    )
  }

  /** Accepts or refuses a handshake. */
  async upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    stream.on('error', () => {})
    const refusal =
      refusalOf(request, this.#access, 'handshake') ?? (this.#dispatcher.isReady ? undefined : UNAVAILABLE)
    if (refusal !== undefined) return this.#refuse(request, stream, refusal)
    const who = await this.#guard.identify(request)
    const denied = this.#denied(who)
    if (denied !== undefined) {
      // A caller that guesses tokens is slowed down.
      if (this.#admission.admit(callerOf(request.socket, who))?.isAdmitted === false)
        return this.#refuse(request, stream, TOO_MANY)
      this.#guard.refused(denied, request.socket.remoteAddress)
      return refuse(stream, httpRefusal(denied))
    }
    if (!this.#dispatcher.isReady) return this.#refuse(request, stream, UNAVAILABLE)
    this.#server.handleUpgrade(request, stream, head, (socket) => this.#opened(socket, stream, request, who))
  }

  /** A caller may present its token later, but not a wrong one now. */
  #denied(who: AccessCaller): AccessRefusal | undefined {
    if (who.kind === 'known') return undefined
    if (who.kind === 'anonymous' && (this.#guard.takesTokens || !this.#guard.refusesAnonymous))
      return undefined
    return this.#guard.refusalOf(who)
  }

  /** Closes each WebSocket after its last answer. */
  drain(): void {
    for (const caller of this.#callers) caller.drain()
  }

  /** Starts the closing handshake of every WebSocket. */
  close(): void {
    this.#timer.cancel()
    for (const caller of this.#callers) caller.close()
  }

  /** Terminates WebSockets that did not complete the closing handshake. */
  terminate(): void {
    for (const caller of this.#callers) caller.terminate()
  }

  #refuse(request: IncomingMessage, stream: Duplex, refusal: Refusal): void {
    this.#admission.refusals.add({ reason: refusal.reason, address: request.socket.remoteAddress })
    refuse(stream, refusal)
  }

  #opened(socket: WebSocket, stream: Duplex, request: IncomingMessage, who: AccessCaller): void {
    const headers = this.#access.forwarded(request)
    const caller = new SocketCaller(
      { socket, stream, headers, connection: request.socket, who },
      this.#settings,
      this.#admission,
      this.#guard,
      this.#dispatcher,
      this.#feeds,
      this.#clock,
      this.#budget,
      this.#incomplete,
    )
    this.#callers.add(caller)
    socket.once('close', () => this.#callers.delete(caller))
    const { pingIntervalMs } = this.#settings
    if (pingIntervalMs > 0)
      keepAlive(
        socket,
        this.#clock,
        pingIntervalMs,
        () => caller.isPaused,
        () => caller.terminate(),
      )
  }
}

function refuse(stream: Duplex, refusal: Refusal): void {
  const { status, reason } = refusal
  const fields = Object.entries(headersOf(refusal))
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  stream.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}\r\n${reason}`)
}
