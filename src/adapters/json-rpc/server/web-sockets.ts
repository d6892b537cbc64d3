import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Clock } from '../../../core/clock.js'
import { keepAlive } from '../websocket/keep-alive.js'
import type { Dispatcher } from './dispatcher.js'
import { type Door, type Refusal, refusalOf } from './door.js'

export interface WebSocketSettings {
  /** Bytes of a message at most. */
  readonly limit: number
  /** Messages of one connection that are being answered, at most. */
  readonly maxInFlight: number
  /** Milliseconds of silence after which the other side is asked for a sign of life; 0: never. */
  readonly pingIntervalMs: number
}

/** So many bytes of answers may wait for a caller that does not read. */
const HIGH_WATER = 1024 * 1024
const GOING_AWAY = 1001

/** Answers requests over WebSocket: a message each, answered in the order in which they are done. */
export class WebSockets {
  readonly #settings: WebSocketSettings
  readonly #door: Door
  readonly #dispatcher: Dispatcher
  readonly #clock: Clock
  readonly #server: WebSocketServer
  readonly #sockets = new Set<WebSocket>()

  constructor(settings: WebSocketSettings, door: Door, dispatcher: Dispatcher, clock: Clock) {
    this.#settings = settings
    this.#door = door
    this.#dispatcher = dispatcher
    this.#clock = clock
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: settings.limit,
      perMessageDeflate: false,
      clientTracking: false,
    })
  }

  /** Takes a handshake, or refuses it. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', () => {})
    const refusal =
      refusalOf(request, this.#door, 'handshake') ??
      (this.#dispatcher.isReady ? undefined : { status: 503, headers: { 'retry-after': '1' } })
    if (refusal !== undefined) return refuse(stream, refusal)
    this.#server.handleUpgrade(request, stream, head, (socket) => this.#opened(socket, request))
  }

  /** Says goodbye to everybody. */
  close(): void {
    for (const socket of this.#sockets) {
      socket.resume()
      socket.close(GOING_AWAY)
    }
  }

  /** Cuts off those who did not answer. */
  terminate(): void {
    for (const socket of this.#sockets) socket.terminate()
  }

  #opened(socket: WebSocket, request: IncomingMessage): void {
    const { maxInFlight, pingIntervalMs } = this.#settings
    const headers = this.#door.forwarded(request)
    let inFlight = 0
    let isPaused = false
    const regulate = () => {
      const isFull = inFlight >= maxInFlight || socket.bufferedAmount >= HIGH_WATER
      if (isFull === isPaused) return
      isPaused = isFull
      if (isFull) socket.pause()
      else socket.resume()
    }
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    // A fault of the protocol is followed by the close.
    socket.on('error', () => {})
    socket.on('message', async (data) => {
      inFlight++
      regulate()
      const answer = await this.#dispatcher.answer(data as Buffer, headers)
      inFlight--
      if (answer !== undefined && socket.readyState === socket.OPEN)
        socket.send(answer, { binary: false }, regulate)
      regulate()
    })
    if (pingIntervalMs > 0)
      keepAlive(
        socket,
        this.#clock,
        pingIntervalMs,
        () => isPaused,
        () => socket.terminate(),
      )
  }
}

function refuse(stream: Duplex, { status, headers }: Refusal): void {
  const fields = Object.entries({ connection: 'close', 'content-length': '0', ...headers })
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  stream.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}\r\n`)
}
