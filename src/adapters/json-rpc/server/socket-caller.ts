import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { ByteBudget } from '../../../core/byte-budget.js'
import type { Clock } from '../../../core/clock.js'
import type { Headers } from '../../../core/value.js'
import type { Dispatcher } from './dispatcher.js'
import { Holding, weightOf } from './holding.js'

export interface CallerConnection {
  readonly socket: WebSocket
  /** What it runs over. */
  readonly stream: Duplex
  /** Of the handshake: what handlers are to see. */
  readonly headers: Headers | undefined
}

export interface CallerSettings {
  /** Messages that are being answered, at most. */
  readonly maxInFlight: number
  /** How long a caller may take to send a whole message, and to read the next piece of an answer, in milliseconds; 0: any time. */
  readonly requestTimeoutMs: number
}

/** So many bytes of answers may wait for a caller that does not read. */
const HIGH_WATER = 1024 * 1024
/** The heads of the frames of a divided message may look like the beginning of the next: less than this is ignored. */
const LEAST_PARTIAL = 16 * 1024
/** RFC 6455, section 7.4.1, and IANA's registry. */
const GOING_AWAY = 1001
const POLICY_VIOLATION = 1008
const TRY_AGAIN_LATER = 1013

/**
 * One WebSocket of a caller. It is not read while too many of its requests are being answered, while it does not
 * read its answers, and while it holds more than its share of the memory.
 */
export class SocketCaller {
  readonly #socket: WebSocket
  readonly #stream: Duplex & { setTimeout?(ms: number): void }
  readonly #headers: Headers | undefined
  readonly #settings: CallerSettings
  readonly #dispatcher: Dispatcher
  readonly #clock: Clock
  readonly #budget: ByteBudget
  readonly #holding: Holding
  #inFlight = 0
  /** Bytes of the messages that are being answered. */
  #asked = 0
  /** Bytes of answers that are not written. */
  #unread = 0
  /** Bytes of a message that is not complete, at most, and when its first came. */
  #partial = 0
  #partialSince = 0
  /** Whether the piece that is being read held the end of a message. */
  #hasEnded = false
  #isPaused = false
  #awaitsRoom = false
  #isDraining = false
  #isClosed = false

  constructor(
    { socket, stream, headers }: CallerConnection,
    settings: CallerSettings,
    dispatcher: Dispatcher,
    clock: Clock,
    budget: ByteBudget,
  ) {
    this.#socket = socket
    this.#stream = stream
    this.#headers = headers
    this.#settings = settings
    this.#dispatcher = dispatcher
    this.#clock = clock
    this.#budget = budget
    this.#holding = new Holding(budget)
    // The first listener counts a piece before `ws` makes messages of it, the second sees what it has left over.
    stream.prependListener('data', (piece: Buffer) => this.#receiving(piece.length))
    stream.on('data', (piece: Buffer) => this.#received(piece.length))
    stream.on('timeout', () => socket.terminate())
    for (const event of ['ping', 'pong'] as const)
      socket.on(event, (data: Buffer) => this.#setPartial(this.#partial - frameBytes(data)))
    socket.on('message', (data) => void this.#answer(data as Buffer))
    // A fault of the protocol is followed by the close.
    socket.on('error', () => {})
    socket.once('close', () => {
      this.#isClosed = true
      // What handlers work on stays until they are done.
      this.#holding.set(this.#asked)
    })
  }

  /** Whether we do not read, so that its silence says nothing. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Says goodbye after the last answer. */
  drain(): void {
    this.#isDraining = true
    if (this.#inFlight === 0) this.close()
  }

  close(): void {
    // One that we do not read from cannot be heard saying goodbye.
    this.#socket.resume()
    this.#socket.close(GOING_AWAY)
  }

  terminate(): void {
    this.#socket.terminate()
  }

  /** Called now and then: ends a caller that does not finish its message, whose bytes would stay for good. */
  check(): void {
    this.#regulate()
    const { requestTimeoutMs } = this.#settings
    const isLate = requestTimeoutMs > 0 && this.#clock.monotonic() - this.#partialSince >= requestTimeoutMs
    if (!isLate || this.#partial < LEAST_PARTIAL || (this.#isPaused && this.#inFlight > 0)) return
    if (this.#isPaused) this.#socket.close(TRY_AGAIN_LATER, 'the server has no memory for the message')
    else this.#socket.close(POLICY_VIOLATION, 'the message did not arrive in time')
    this.#socket.terminate()
  }

  #receiving(bytes: number): void {
    if (this.#isClosed) return
    if (this.#partial === 0) this.#partialSince = this.#clock.monotonic()
    this.#setPartial(this.#partial + bytes)
  }

  /** What is left of a piece that held the end of a message is less than the piece. */
  #received(bytes: number): void {
    if (this.#isClosed) return
    if (this.#hasEnded) this.#setPartial(Math.min(this.#partial, bytes))
    this.#hasEnded = false
    this.#regulate()
  }

  async #answer(message: Buffer): Promise<void> {
    const weight = weightOf(message)
    this.#setPartial(this.#partial - frameBytes(message))
    this.#partialSince = this.#clock.monotonic()
    this.#hasEnded = true
    this.#inFlight++
    this.#asked += weight
    this.#holding.add(weight)
    this.#regulate()
    const answer = await this.#dispatcher.answer(message, this.#headers)
    this.#inFlight--
    this.#asked -= weight
    this.#holding.add(-weight)
    if (this.#isClosed) return
    if (answer !== undefined && this.#socket.readyState === this.#socket.OPEN) this.#send(answer)
    if (this.#isDraining && this.#inFlight === 0) this.close()
    else this.#regulate()
  }

  #send(answer: Uint8Array): void {
    const size = answer.byteLength
    // It reads nothing, and there is no memory for what it does not read.
    if (this.#unread > 0 && !this.#holding.fits(this.#holding.bytes + size)) return this.terminate()
    this.#unread += size
    this.#holding.add(size)
    this.#socket.send(answer, { binary: false }, () => {
      this.#unread -= size
      if (this.#isClosed) return
      this.#holding.add(-size)
      this.#regulate()
    })
  }

  #setPartial(bytes: number): void {
    const partial = Math.max(0, bytes)
    this.#holding.add(partial - this.#partial)
    this.#partial = partial
  }

  #regulate(): void {
    const isUnread = this.#unread >= HIGH_WATER
    const lacksRoom = !this.#holding.fits(this.#holding.bytes)
    if (lacksRoom) this.#awaitRoom()
    const isFull = isUnread || lacksRoom || this.#inFlight >= this.#settings.maxInFlight
    if (isFull === this.#isPaused || this.#isClosed) return
    this.#isPaused = isFull
    // Counts from the last byte that went out.
    this.#stream.setTimeout?.(isUnread ? this.#settings.requestTimeoutMs : 0)
    if (isFull) this.#socket.pause()
    else this.#socket.resume()
  }

  #awaitRoom(): void {
    if (this.#awaitsRoom) return
    this.#awaitsRoom = true
    this.#budget.whenRoom(() => {
      this.#awaitsRoom = false
      this.#regulate()
    })
  }
}

/** A message in one frame of a client (RFC 6455, section 5.2): with a mask, and the length in 1, 3 or 9 bytes. */
function frameBytes({ length }: Buffer): number {
  return length + (length < 126 ? 6 : length < 65_536 ? 8 : 14)
}
