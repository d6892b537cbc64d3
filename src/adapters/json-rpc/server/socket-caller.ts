import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Caller as AccessCaller } from '../../../core/adapter/authentication.js'
import type { ByteBudget } from '../../../core/byte-budget.js'
import type { Clock } from '../../../core/clock.js'
import { MemoryShare } from '../../../core/memory-share.js'
import { RoomWait } from '../../../core/room-wait.js'
import type { Headers } from '../../../core/value.js'
import { type Admission, callerOf } from './admission.js'
import type { Caller, CallerMemory } from './caller.js'
import type { Dispatcher } from './dispatcher.js'
import type { Feeds } from './feeds.js'
import type { Guard } from './guard.js'
import { IncompleteMessage } from './incomplete-message.js'
import { weightOf } from './message-weight.js'
import { type ErrorObject, limitExceeded } from './messages.js'
import { SocketLogin } from './socket-login.js'
import { SocketWriter } from './socket-writer.js'
import { SUBSCRIBE, type SubscriptionSettings, Subscriptions } from './subscriptions.js'

export interface CallerConnection {
  readonly socket: WebSocket
  /** The stream below the WebSocket. */
  readonly stream: Duplex
  /** Headers of the handshake that handlers can read. */
  readonly headers: Headers | undefined
  /** The connection of the handshake. */
  readonly connection: Socket
  /** Who has made the handshake. */
  readonly who: AccessCaller
}

export interface CallerSettings {
  /** Maximum number of messages in flight. */
  readonly maxInFlight: number
  /**
   * How long a caller may take to send a whole message and to read the next piece of an answer, in milliseconds; 0
   * disables the limit.
   */
  readonly requestTimeoutMs: number
  /** Maximum bytes of unread answers before the caller is not read any more. */
  readonly maxUnread: number
  readonly subscriptions: SubscriptionSettings
}

/** Close codes (RFC 6455, section 7.4.1, and IANA's registry). */
const GOING_AWAY = 1001
const POLICY_VIOLATION = 1008
const TRY_AGAIN_LATER = 1013

const NO_MEMORY = 'the server has no memory for the message'

/**
 * Serves one WebSocket of a caller. Stops reading while too many requests are in flight, while answers are unread,
 * or while the caller holds more than its share of memory.
 */
export class SocketCaller implements CallerMemory {
  readonly #socket: WebSocket
  readonly #stream: Duplex & { setTimeout?(ms: number): void }
  readonly #headers: Headers | undefined
  readonly #settings: CallerSettings
  readonly #dispatcher: Dispatcher
  readonly #budget: ByteBudget
  readonly #share: MemoryShare
  /** Counts the incomplete messages of all callers. */
  readonly #incompleteBudget: ByteBudget
  readonly #incomplete: IncompleteMessage
  readonly #writer: SocketWriter
  readonly #admission: Admission
  /** Messages in flight, as the server counts them. */
  readonly #messages: MemoryShare
  readonly #address: string | undefined
  readonly #caller: Caller
  readonly #subscriptions: Subscriptions
  readonly #login: SocketLogin
  readonly #roomWait = new RoomWait(() => this.#regulate())
  #inFlight = 0
  /** Bytes of the messages in flight, and of the answers that wait for others of their batch. */
  #asked = 0
  #isPaused = false
  #isDraining = false
  #isClosed = false
  /** Why its caller may not use it any more. */
  #ending: string | undefined

  constructor(
    { socket, stream, headers, connection, who }: CallerConnection,
    settings: CallerSettings,
    admission: Admission,
    guard: Guard,
    dispatcher: Dispatcher,
    feeds: Feeds,
    clock: Clock,
    budget: ByteBudget,
    incomplete: ByteBudget,
  ) {
    this.#socket = socket
    this.#stream = stream
    this.#headers = headers
    this.#settings = settings
    this.#dispatcher = dispatcher
    this.#budget = budget
    this.#share = new MemoryShare(budget)
    this.#incompleteBudget = incomplete
    this.#incomplete = new IncompleteMessage(clock, this.#share, new MemoryShare(incomplete))
    this.#writer = new SocketWriter(socket, this.#share, settings.maxUnread, () => {
      this.#regulate()
      this.#subscriptions.pump()
    })
    this.#admission = admission
    this.#messages = admission.messagesOf(socket)
    this.#address = connection.remoteAddress
    const admit = (requests: number) => this.#admit(callerOf(connection, this.#caller.who), requests)
    this.#caller = dispatcher.caller(this, admit, { who, address: connection.remoteAddress })
    this.#subscriptions = new Subscriptions(settings.subscriptions, feeds, this.#writer)
    this.#login = new SocketLogin(this.#caller, guard, clock, connection, {
      changed: (caller) => {
        // A narrower token must not leave a subscription open that it could not open.
        if (!guard.access(SUBSCRIBE, caller).isAllowed) this.#subscriptions.endAll()
      },
      end: (reason) => this.#end(reason),
    })
    // The first listener counts a piece before `ws` parses it, the second counts what is left afterwards.
    stream.prependListener('data', (piece: Buffer) => this.#receiving(piece.length))
    stream.on('data', (piece: Buffer) => this.#received(piece.length))
    stream.on('timeout', () => socket.terminate())
    for (const event of ['ping', 'pong'] as const)
      socket.on(event, (data: Buffer) => this.#incomplete.control(data))
    socket.on('message', (data) => void this.#answer(data as Buffer))
    // A protocol error is followed by 'close'.
    socket.on('error', () => this.#refused('a malformed or too large WebSocket message'))
    socket.once('close', () => {
      this.#isClosed = true
      this.#writer.close()
      this.#login.close()
      // Messages that handlers still process stay counted.
      this.#subscriptions.close()
      this.#incomplete.close()
      this.#share.set(this.#asked)
      dispatcher.forget(this.#caller)
    })
  }

  /** Whether reading is paused; the caller's silence then says nothing. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Closes the WebSocket after the last answer. */
  drain(): void {
    this.#isDraining = true
    if (this.#inFlight === 0) this.close()
  }

  close(): void {
    // The closing handshake can be received only while reading.
    this.#socket.resume()
    if (this.#ending === undefined) this.#socket.close(GOING_AWAY)
    else this.#socket.close(POLICY_VIOLATION, this.#ending)
  }

  terminate(): void {
    this.#socket.terminate()
  }

  /** Closes the WebSocket after the last answer, because its caller may not use it any more. */
  #end(reason: string): void {
    this.#ending = reason
    this.#subscriptions.close()
    this.drain()
    // More messages would keep it open.
    this.#regulate()
  }

  /**
   * Closes a caller that does not complete its message in time, because the incomplete message holds memory. Called
   * once a second.
   */
  check(): void {
    this.#regulate()
    const { requestTimeoutMs } = this.#settings
    const isLate = requestTimeoutMs > 0 && this.#incomplete.isLate(requestTimeoutMs)
    if (!isLate || (this.#isPaused && this.#inFlight > 0)) return
    if (this.#isPaused) this.#cutOff(TRY_AGAIN_LATER, NO_MEMORY)
    else this.#cutOff(POLICY_VIOLATION, 'the message did not arrive in time')
  }

  #cutOff(code: number, reason: string): void {
    this.#refused(`a WebSocket was closed: ${reason}`)
    this.#socket.close(code, reason)
    this.#socket.terminate()
  }

  tryAdd(bytes: number): boolean {
    if (!this.#share.tryAdd(bytes)) return false
    this.#asked += bytes
    return true
  }

  add(bytes: number): void {
    this.#asked += bytes
    this.#share.add(bytes)
  }

  #receiving(bytes: number): void {
    if (!this.#isClosed) this.#incomplete.receiving(bytes)
  }

  #received(bytes: number): void {
    if (this.#isClosed) return
    this.#incomplete.received(bytes)
    // Pieces of many callers that arrive at once are more than each may add.
    if (this.#incompleteBudget.isFull && !this.#incomplete.mayGrow)
      return this.#cutOff(TRY_AGAIN_LATER, NO_MEMORY)
    this.#regulate()
  }

  async #answer(message: Buffer): Promise<void> {
    const weight = weightOf(message)
    this.#incomplete.ended(message)
    this.#inFlight++
    this.#messages.add(1)
    this.add(weight)
    this.#regulate()
    const builtIns = this.#subscriptions.forMessage()
    const answer = await this.#dispatcher.answer(message, this.#headers, this.#caller, builtIns)
    this.#inFlight--
    this.#messages.add(-1)
    this.add(-weight)
    if (this.#isClosed) return
    if (answer !== undefined && !this.#writer.answer(answer)) {
      this.#refused('the caller does not read its answers')
      this.terminate()
    }
    builtIns.answered()
    if (this.#isDraining && this.#inFlight === 0) this.close()
    else this.#regulate()
  }

  #regulate(): void {
    const isUnread = this.#writer.isFull
    const lacksRoom = !this.#share.fits(this.#share.bytes)
    if (lacksRoom) this.#roomWait.start(this.#budget)
    const mustNotGrow = !this.#incomplete.mayGrow
    if (mustNotGrow) this.#roomWait.start(this.#incompleteBudget)
    const isCrowded = this.#inFlight > 0 && !this.#messages.fits(this.#inFlight + 1)
    if (isCrowded) this.#roomWait.start(this.#admission)
    const isEnding = this.#ending !== undefined && this.#inFlight > 0
    const isFull =
      isUnread ||
      lacksRoom ||
      mustNotGrow ||
      isCrowded ||
      isEnding ||
      this.#inFlight >= this.#settings.maxInFlight
    if (isFull === this.#isPaused || this.#isClosed) return
    this.#isPaused = isFull
    // The time-out starts at the last byte written.
    this.#stream.setTimeout?.(isUnread ? this.#settings.requestTimeoutMs : 0)
    if (isFull) this.#socket.pause()
    else this.#socket.resume()
  }

  #admit(key: string, requests: number): ErrorObject | undefined {
    const allowance = this.#admission.admit(key, requests)
    if (allowance?.isAdmitted !== false) return undefined
    this.#refused('too many requests of this caller')
    return limitExceeded(allowance.waitMs)
  }

  #refused(reason: string): void {
    this.#admission.refusals.add({ reason, address: this.#address })
  }
}
