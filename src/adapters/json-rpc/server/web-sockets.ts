import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { ByteBudget } from '../../../core/byte-budget.js'
import { type Clock, every, type Timer } from '../../../core/clock.js'
import { keepAlive } from '../websocket/keep-alive.js'
import type { Dispatcher } from './dispatcher.js'
import { type Door, type Refusal, refusalOf } from './door.js'
import { type CallerSettings, SocketCaller } from './socket-caller.js'

export interface WebSocketSettings extends CallerSettings {
  /** Bytes of a message at most. */
  readonly limit: number
  /** Milliseconds of silence after which the other side is asked for a sign of life; 0: never. */
  readonly pingIntervalMs: number
}

/** How often callers are looked at for having taken too long, in milliseconds. */
const CHECK_MS = 1000
/** Frames of one message at most: each costs more than its bytes. */
const MOST_FRAGMENTS = 1024
/** With `Retry-After`: nothing was done. */
const UNAVAILABLE: Refusal = { status: 503, headers: { 'retry-after': '1' } }

/** Answers requests over WebSocket: a message each, answered in the order in which they are done. */
export class WebSockets {
  readonly #settings: WebSocketSettings
  readonly #door: Door
  readonly #dispatcher: Dispatcher
  readonly #clock: Clock
  readonly #budget: ByteBudget
  readonly #server: WebSocketServer
  readonly #callers = new Set<SocketCaller>()
  readonly #timer: Timer

  constructor(
    settings: WebSocketSettings,
    door: Door,
    dispatcher: Dispatcher,
    clock: Clock,
    budget: ByteBudget,
  ) {
    this.#settings = settings
    this.#door = door
    this.#dispatcher = dispatcher
    this.#clock = clock
    this.#budget = budget
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: settings.limit,
      perMessageDeflate: false,
      clientTracking: false,
      // Of `ws` from 8.20 on; its types do not know it.
      ...{ maxFragments: MOST_FRAGMENTS },
    })
    this.#timer = every(
      clock,
      CHECK_MS,
      () => {
        for (const caller of this.#callers) caller.check()
      },
      { background: true },
    )
  }

  /** Takes a handshake, or refuses it. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', () => {})
    const refusal =
      refusalOf(request, this.#door, 'handshake') ?? (this.#dispatcher.isReady ? undefined : UNAVAILABLE)
    if (refusal !== undefined) return refuse(stream, refusal)
    this.#server.handleUpgrade(request, stream, head, (socket) => this.#opened(socket, stream, request))
  }

  /** Says goodbye to each caller after its last answer. */
  drain(): void {
    for (const caller of this.#callers) caller.drain()
  }

  /** Says goodbye to everybody. */
  close(): void {
    this.#timer.cancel()
    for (const caller of this.#callers) caller.close()
  }

  /** Cuts off those who did not answer. */
  terminate(): void {
    for (const caller of this.#callers) caller.terminate()
  }

  #opened(socket: WebSocket, stream: Duplex, request: IncomingMessage): void {
    const headers = this.#door.forwarded(request)
    const caller = new SocketCaller(
      { socket, stream, headers },
      this.#settings,
      this.#dispatcher,
      this.#clock,
      this.#budget,
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

function refuse(stream: Duplex, { status, headers }: Refusal): void {
  const fields = Object.entries({ connection: 'close', 'content-length': '0', ...headers })
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  stream.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}\r\n`)
}
