import type { Duplex } from 'node:stream'
import type { IConnackPacket } from 'mqtt'
import type { Clock } from '../../core/clock.js'
import { ConnectionError } from '../../core/errors.js'
import type { Hold } from './ack-gate.js'
import { ControlStream } from './control-stream.js'
import { describeReason, refusal, socketFailure, VersionRefused } from './failures.js'
import { Inbound } from './inbound.js'
import { Outbound } from './outbound.js'
import { OutgoingMessages, Refused, sendWindow } from './outgoing.js'
import { PacketIds } from './packet-ids.js'
import type { PublishPacket } from './publish-decoder.js'
import { SessionClient, type SessionSettings } from './session-client.js'

const GRACEFUL_CLOSE_MS = 500
const DISCONNECT = Uint8Array.of(0xe0, 0)

/** What a client remembers from one connection to the next, as the broker does in its session. */
export class SessionMemory {
  readonly ids = new PacketIds()
  /** Identifiers of our QoS 2 messages whose exchange is not finished. */
  readonly unreleased = new Set<number>()
  /** Identifiers of QoS 2 messages that we have taken and the broker has not released. */
  readonly received = new Set<number>()

  forget(): void {
    this.unreleased.clear()
    this.received.clear()
  }
}

/** Whom a session talks to. */
export interface SessionOwner {
  /** @param hold its acknowledgement, absent for QoS 0 */
  onPublish(packet: PublishPacket, hold: Hold | undefined): void
  /** The connection ended by itself, after it had been established. Called once at most. */
  onLost(error: Error): void
}

type State =
  | { readonly name: 'opening'; readonly reject: (error: Error) => void }
  | { readonly name: 'open' }
  | { readonly name: 'closed'; readonly error: Error }

/** One established connection of one client to a broker. */
export class Session {
  readonly version: 4 | 5
  readonly outbound: Outbound
  /** What the broker said in CONNACK. */
  connack!: IConnackPacket
  /** Whether the broker had kept the session of an earlier connection. */
  resumed = false
  outgoing: OutgoingMessages | undefined
  readonly #socket: Duplex
  readonly #where: string
  readonly #clock: Clock
  readonly #memory: SessionMemory
  readonly #owner: SessionOwner
  readonly #inbound: Inbound
  readonly #control: ControlStream
  readonly #client: SessionClient
  #state: State
  #accepted = false
  #heard = true
  #holds = 0
  #pings: (() => void)[] = []

  private constructor(
    socket: Duplex,
    where: string,
    settings: SessionSettings,
    memory: SessionMemory,
    owner: SessionOwner,
    clock: Clock,
    opened: (error?: Error) => void,
  ) {
    this.version = settings.version
    this.#socket = socket
    this.#where = where
    this.#clock = clock
    this.#memory = memory
    this.#owner = owner
    this.#state = { name: 'opening', reject: opened }
    this.outbound = new Outbound(socket)
    this.#inbound = new Inbound(where, settings, this.outbound, memory.received, {
      onAccepted: (resumed) => this.#onAccepted(resumed),
      onRefused: (reason) => this.fail(refusal(where, reason)),
      onPublish: (packet, hold) => owner.onPublish(packet, hold),
      onCompleted: (ack) => this.outgoing?.onCompleted(ack),
      onReceived: (ack) => this.outgoing?.onReceived(ack),
      onPong: () => this.#pongs(),
      onControl: (packet) => this.#control.push(packet),
      onFailure: (error) => this.#breakOff(error),
    })
    // mqtt.js destroys its stream first and says why afterwards.
    this.#control = new ControlStream(this.outbound, () => queueMicrotask(() => this.#onClosed()))
    this.#client = new SessionClient(this.#control, settings, memory.ids, clock, this)
    this.#client.on('error', (error) => this.#breakOff(new ConnectionError(`${where}: ${error.message}`)))
    this.#client.once('connect', (connack) => this.#onConnected(connack, settings, opened))
    socket.on('data', (chunk: Buffer) => {
      this.#heard = true
      this.#inbound.feed(chunk)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const failure = socketFailure(where, error)
      const cut = error.code === 'ECONNRESET' || error.code === 'EPIPE'
      if (cut && failure instanceof ConnectionError) this.#breakOff(failure)
      else this.fail(failure)
    })
    socket.on('close', () => this.#onClosed())
  }

  /**
   * Sends CONNECT over `socket` and waits for CONNACK.
   * @throws VersionRefused, ConnectionError, AuthError, the reason of `signal`; the socket is destroyed then
   */
  static async open(
    socket: Duplex,
    where: string,
    settings: SessionSettings,
    memory: SessionMemory,
    owner: SessionOwner,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<Session> {
    let session!: Session
    let onAbort!: () => void
    try {
      await new Promise<void>((resolve, reject) => {
        const opened = (error?: Error) => (error === undefined ? resolve() : reject(error))
        session = new Session(socket, where, settings, memory, owner, clock, opened)
        onAbort = () => session.fail(signal.reason as Error)
        signal.addEventListener('abort', onAbort, { once: true })
        if (signal.aborted) onAbort()
        else if (socket.destroyed) session.#onClosed()
      })
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
    return session
  }

  /** Why the connection has ended; `undefined` while it is there. */
  get closed(): Error | undefined {
    return this.#state.name === 'closed' ? this.#state.error : undefined
  }

  /**
   * Stops reading from the socket, until `release` was called as often. Pings go on. What the broker answers in
   * the meantime (to SUBSCRIBE, say) is read afterwards.
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

  /** For keep-alive: see `KeepAliveWatch`. */
  brokerIsSilent(): boolean {
    const silent = !this.#heard && this.#holds === 0
    this.#heard = false
    return silent
  }

  /** @throws Refused with the broker's reason, ConnectionError */
  subscribe(filter: string, qos: 0 | 1 | 2, subscriptionId: number | undefined): Promise<void> {
    const options = {
      qos,
      ...(subscriptionId !== undefined && { properties: { subscriptionIdentifier: subscriptionId } }),
    }
    return new Promise((resolve, reject) => {
      this.#client.subscribe(filter, options, (error, _granted, packet) => {
        if (!error) return resolve()
        const code = (packet as { granted?: readonly unknown[] } | undefined)?.granted?.[0]
        if (typeof code === 'number' && code >= 0x80) reject(new Refused(describeReason(code)))
        else reject(this.closed ?? new ConnectionError(`${this.#where}: ${error.message}`))
      })
    })
  }

  /** Never throws: a subscription that cannot be taken back ends with the connection. */
  unsubscribe(filter: string): Promise<void> {
    if (this.#state.name !== 'open') return Promise.resolve()
    return new Promise((resolve) => {
      this.#client.unsubscribe(filter, () => resolve())
    })
  }

  /** Sends PINGREQ; resolves on PINGRESP, which is not seen while reading is held back, or when the connection ends. */
  ping(): Promise<void> {
    return new Promise((resolve) => {
      this.#pings.push(resolve)
      this.#client.sendPing()
    })
  }

  /** Ends the connection with DISCONNECT; waits no longer than half a second for the socket to close. */
  async close(): Promise<void> {
    if (this.#state.name === 'closed') return
    this.outbound.bytes(DISCONNECT)
    this.outbound.flush()
    this.#end(new ConnectionError(`${this.#where}: the connection was ended`))
    const socket = this.#socket
    if (socket.destroyed) return
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimer(GRACEFUL_CLOSE_MS, () => socket.destroy())
      socket.once('close', () => {
        timer.cancel()
        resolve()
      })
      // What is unread has to be read for the end of the stream to be seen.
      socket.removeAllListeners('data').resume()
      socket.end()
    })
  }

  /** Ends the connection at once, because of `error`. */
  fail(error: Error): void {
    const before = this.#state
    if (before.name === 'closed') return
    this.#end(error)
    this.#socket.destroy()
    if (before.name === 'opening') before.reject(error)
    else this.#owner.onLost(error)
  }

  #end(error: Error): void {
    this.#state = { name: 'closed', error }
    this.#inbound.close()
    this.outbound.close(error)
    this.outgoing?.close(error)
    this.#control.destroy()
    this.#pongs()
  }

  #pongs(): void {
    for (const done of this.#pings.splice(0)) done()
  }

  #onClosed(): void {
    if (this.#state.name !== 'closed')
      this.#breakOff(new ConnectionError(`the connection to ${this.#where} was closed`))
  }

  #onAccepted(resumed: boolean): void {
    this.#accepted = true
    this.resumed = resumed
    if (!resumed) this.#memory.forget()
  }

  #onConnected(connack: IConnackPacket, settings: SessionSettings, opened: () => void): void {
    if (this.#state.name !== 'opening') return
    this.#state = { name: 'open' }
    this.connack = connack
    this.outgoing = new OutgoingMessages(
      this.outbound,
      this.#memory.ids,
      this.#clock,
      sendWindow(settings.version, connack.properties?.receiveMaximum),
      this.#memory.unreleased,
    )
    opened()
  }

  /** As `fail`; before CONNACK the protocol version may be to blame. */
  #breakOff(failure: ConnectionError): void {
    this.fail(this.#accepted ? failure : new VersionRefused(failure))
  }
}
