import type { Duplex } from 'node:stream'
import type { Clock, Timer } from '../../../core/clock.js'
import type { Connack } from './connack.js'
import { type SessionSettings, writeConnect } from './connect.js'
import { type CloseMode, disconnect, disconnectBecause } from './disconnect.js'
import { emptied } from './emptied.js'
import {
  ConnectionClosed,
  ConnectionEnded,
  ConnectRefused,
  interrupted,
  REASON,
  SocketFailed,
  VersionRefused,
} from './errors.js'
import { hangUp } from './hang-up.js'
import { Inbound } from './inbound.js'
import { type KeepAliveTarget, keepAlive } from './keep-alive.js'
import { Outbound } from './outbound.js'
import type { OutgoingMessages } from './outgoing.js'
import { sendWindow } from './outgoing-entry.js'
import { ReadPacer } from './read-pacer.js'
import type { SessionOwner } from './session-owner.js'
import type { SessionState } from './session-state.js'
import { Subscriptions } from './subscriptions.js'

const PINGREQ = Uint8Array.of(0xc0, 0)
type State =
  | { readonly name: 'opening'; readonly reject: (error: Error) => void }
  | { readonly name: 'open' }
  | { readonly name: 'closed'; readonly error: Error }

/** An established connection of one client to a broker, which continues the client's session (`SessionState`). */
export class Session implements KeepAliveTarget {
  readonly version: 4 | 5
  readonly outbound: Outbound
  /** The broker's CONNACK. */
  connack!: Connack
  readonly #socket: Duplex
  readonly #where: string
  readonly #clock: Clock
  readonly #settings: SessionSettings
  readonly #session: SessionState
  readonly #owner: SessionOwner
  readonly #inbound: Inbound
  readonly #subscriptions: Subscriptions
  readonly #pacer: ReadPacer | undefined
  #state: State
  #heard = true
  #keepAlive: Timer | undefined
  /** Whether the last read contained a message of QoS 1 or 2. */
  #acknowledging = false
  #holds = 0
  #pings: (() => void)[] = []

  private constructor(
    socket: Duplex,
    where: string,
    settings: SessionSettings,
    state: SessionState,
    owner: SessionOwner,
    clock: Clock,
    opened: (error?: Error) => void,
  ) {
    this.version = settings.version
    this.#socket = socket
    this.#where = where
    this.#clock = clock
    this.#settings = settings
    this.#session = state
    this.#owner = owner
    this.#state = { name: 'opening', reject: opened }
    this.outbound = new Outbound(socket)
    this.#inbound = new Inbound(where, settings, this.outbound, state.received, {
      onAccepted: (connack) => this.#onAccepted(connack, opened),
      onRefused: (reason, reasonString) => this.#onRefused(reason, reasonString),
      onPublish: (packet, hold) => {
        if (hold !== undefined) this.#acknowledging = true
        owner.onPublish(packet, hold)
      },
      onOversize: (packet, hold) => owner.onOversize(packet, hold),
      onCompleted: (ack) => state.outgoing.onCompleted(ack),
      onReceived: (ack) => state.outgoing.onReceived(ack),
      onPong: () => this.#pongs(),
      onSubscription: (bytes, body, end) => this.#subscriptions.onAnswer(bytes, body, end),
      onFailure: (error, reasonCode) => this.#breakOff(error, reasonCode),
    })
    this.#pacer = settings.paced ? new ReadPacer(clock, this) : undefined
    this.#subscriptions = new Subscriptions(this.outbound, state.ids, settings.version, settings.mask)
    socket.on('data', (chunk: Buffer) => {
      this.#heard = true
      this.#inbound.feed(chunk)
      this.#pace(chunk.length)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const failure = new SocketFailed(where, error)
      if (failure.isCut) this.#breakOff(failure)
      else this.fail(failure)
    })
    socket.on('close', () => this.#onClosed())
  }

  /**
   * Sends CONNECT over `socket`, which may still be connecting, and waits for CONNACK.
   * @throws VersionRefused, ConnectionEnded, the reason of `signal`; the socket is then destroyed
   */
  static async open(
    socket: Duplex,
    where: string,
    settings: SessionSettings,
    state: SessionState,
    owner: SessionOwner,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<Session> {
    let session!: Session
    let onAbort!: () => void
    try {
      await new Promise<void>((resolve, reject) => {
        const opened = (error?: Error) => (error === undefined ? resolve() : reject(error))
        session = new Session(socket, where, settings, state, owner, clock, opened)
        onAbort = () => session.fail(interrupted(signal, where, 'CONNACK'))
        signal.addEventListener('abort', onAbort, { once: true })
        if (signal.aborted) onAbort()
        else if (socket.destroyed) session.#onClosed()
        else session.#connect(settings)
      })
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
    return session
  }

  /** Why the connection has ended, or undefined while it is open. */
  get closed(): Error | undefined {
    return this.#state.name === 'closed' ? this.#state.error : undefined
  }

  /** The publishes of QoS 1 and 2 of this session. */
  get outgoing(): OutgoingMessages {
    return this.#session.outgoing
  }

  /** Whether the broker keeps the session when this connection ends. */
  get isKept(): boolean {
    const { clean, sessionExpiryMs } = this.#settings
    if (clean) return false
    return this.version === 4 || (this.connack.sessionExpiry ?? sessionExpiryMs) > 0
  }

  /**
   * Pauses reading until `release` has been called as often. Pings continue; answers of the broker, for example SUBACK,
   * are read afterwards.
   */
  hold(): void {
    if (this.#holds++ > 0) return
    this.#socket.pause()
  }

  release(): void {
    if (--this.#holds > 0) return
    this.#heard = true
    if (this.#state.name === 'open') this.#socket.resume()
  }

  brokerIsSilent(): boolean {
    const silent = !this.#heard && this.#holds === 0
    this.#heard = false
    return silent
  }

  onSilence(): void {
    this.fail(new ConnectionEnded(`${this.#where}: keepalive timeout`), REASON.unspecified)
  }

  /**
   * Subscribes to a filter.
   * @returns the quality of service that the broker granted
   * @throws RangeError (not sent), Refused with the broker's reason, ConnectionEnded
   */
  subscribe(filter: string, qos: 0 | 1 | 2, subscriptionId: number | undefined): Promise<0 | 1 | 2> {
    return this.#subscriptions.subscribe(filter, qos, subscriptionId)
  }

  /** Unsubscribes. Never throws, because a subscription that cannot be ended ends with the connection. */
  unsubscribe(filter: string): Promise<void> {
    return this.#subscriptions.unsubscribe(filter).catch(() => {})
  }

  /** Sends PINGREQ. Resolves on PINGRESP, which cannot arrive while reading is paused, or when the connection ends. */
  ping(): Promise<void> {
    if (this.#state.name === 'closed') return Promise.resolve()
    this.sendPing()
    return new Promise((resolve) => void this.#pings.push(resolve))
  }

  /** Resolves when the broker has no more messages for this session, which has no subscriptions left; or at its end. */
  emptied(): Promise<void> {
    return emptied(this.#inbound, this.#clock, () => this.ping())
  }

  sendPing(): void {
    this.outbound.bytes(PINGREQ)
  }

  /**
   * Closes the connection with DISCONNECT. Waits at most half a second for the socket to close.
   * @param how `end-session` makes the broker drop the session; MQTT 5 only
   */
  async close(how: CloseMode = 'keep-session'): Promise<void> {
    if (this.#state.name === 'closed') return
    const { willOnClose = false } = this.#settings
    this.outbound.bytes(disconnect(this.version, how, willOnClose))
    this.outbound.flush()
    this.#end(new ConnectionEnded(`${this.#where}: disconnected`))
    await hangUp(this.#socket, this.#clock)
  }

  /**
   * Ends the connection because of `error`.
   * @param reasonCode sent to the broker (MQTT 5, section 4.13); without it the socket is destroyed
   */
  fail(error: Error, reasonCode?: number): void {
    const before = this.#state
    if (before.name === 'closed') return
    const tells = reasonCode !== undefined && this.version === 5 && before.name === 'open'
    if (tells) {
      this.outbound.bytes(disconnectBecause(reasonCode))
      this.outbound.flush()
    }
    this.#end(error)
    if (tells) void hangUp(this.#socket, this.#clock)
    else this.#socket.destroy()
    if (before.name === 'opening') before.reject(error)
    else this.#owner.onLost(error)
  }

  #end(error: Error): void {
    const wasOpen = this.#state.name === 'open'
    this.#state = { name: 'closed', error }
    this.#inbound.close()
    this.outbound.close(error)
    if (wasOpen) this.#session.outgoing.disconnected(error)
    this.#subscriptions.close(error)
    this.#keepAlive?.cancel()
    this.#pacer?.close()
    this.#pongs()
  }

  #pongs(): void {
    for (const done of this.#pings.splice(0)) done()
  }

  #onClosed(): void {
    if (this.#state.name !== 'closed')
      this.#breakOff(new ConnectionClosed(`${this.#where} closed the connection`))
  }

  #connect(settings: SessionSettings): void {
    try {
      this.outbound.bytes(writeConnect(settings))
      this.outbound.flush()
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.fail(new ConnectionEnded(error.message, { cause: error, retryable: false }))
    }
  }

  #onRefused(reason: number, reasonString: string | undefined): void {
    const failure = new ConnectRefused(this.#where, reason, reasonString)
    this.fail(failure.isVersion ? new VersionRefused(failure) : failure)
  }

  #onAccepted(connack: Connack, opened: () => void): void {
    this.#state = { name: 'open' }
    this.connack = connack
    const { sessionPresent, receiveMaximum, serverKeepAlive } = connack
    this.#subscriptions.limit(connack)
    const connection = { outbound: this.outbound, window: sendWindow(this.version, receiveMaximum) }
    this.#session.established(connection, sessionPresent, this.isKept)
    const intervalMs = serverKeepAlive === undefined ? this.#settings.keepAliveMs : serverKeepAlive * 1_000
    this.#keepAlive = keepAlive(this.#clock, intervalMs, this)
    opened()
  }

  /**
   * Updates the pacer after a read. Messages of QoS 1 and 2 arrive at the pace of our acknowledgements, so a pause
   * would only slow them down.
   */
  #pace(size: number): void {
    if (this.#acknowledging) this.#pacer?.rest()
    else if (this.#state.name === 'open') this.#pacer?.onRead(size)
    this.#acknowledging = false
  }

  /** Like `fail`, but before CONNACK the cause may be the protocol version. */
  #breakOff(failure: ConnectionEnded, reasonCode?: number): void {
    this.fail(this.#state.name === 'opening' ? new VersionRefused(failure) : failure, reasonCode)
  }
}
