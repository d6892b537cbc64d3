import { ConnectionError } from '../../core/errors.js'
import type { Hold } from './client/ack-gate.js'
import type { Dialer, Role } from './client/dialer.js'
import type { PublishPacket } from './client/publish-decoder.js'
import type { Session, SessionMemory, SessionOwner } from './client/session.js'
import type { BrokerAddress } from './endpoint.js'

/** The receiving side of a session. */
export interface Receiver {
  onPublish(packet: PublishPacket, hold: Hold | undefined): void
  /** The connection has ended, because of `error`. */
  close(error: ConnectionError): void
}

/** A session and what receives its messages. */
export interface Channel<R extends Receiver> {
  readonly session: Session
  readonly inbox: R
}

/**
 * The sockets that make up one connection, as the actor sees it. They are opened as they are needed, each in a
 * role of its own, to the same address; if one is lost all are ended.
 */
export class SessionGroup {
  readonly #dialer: Dialer
  readonly #address: BrokerAddress
  readonly #onLost: (error: Error) => void
  readonly #channels: Channel<Receiver>[] = []
  readonly #stop = new AbortController()
  #ended: Error | undefined

  /** @param onLost called once at most, when the group ends by itself. */
  constructor(dialer: Dialer, address: BrokerAddress, onLost: (error: Error) => void) {
    this.#dialer = dialer
    this.#address = address
    this.#onLost = onLost
  }

  /** Why the group has ended, if it has. */
  get ended(): Error | undefined {
    return this.#ended
  }

  /** Opens the session that decides on the protocol version. @throws ConnectionError, AuthError */
  openMain<R extends Receiver>(
    role: Role,
    memory: SessionMemory,
    makeInbox: (session: Session) => R,
    signal: AbortSignal,
  ): Promise<Channel<R>> {
    const both = AbortSignal.any([signal, this.#stop.signal])
    return this.#open(makeInbox, (owner) => this.#dialer.connect(this.#address, role, memory, owner, both))
  }

  /** Opens a further session, of the version that the broker took before. @throws ConnectionError, AuthError */
  open<R extends Receiver>(
    role: Role,
    memory: SessionMemory,
    makeInbox: (session: Session) => R,
  ): Promise<Channel<R>> {
    const { signal } = this.#stop
    return this.#open(makeInbox, (owner) => this.#dialer.join(this.#address, role, memory, owner, signal))
  }

  /** Opens a session that is none of ours: its end is not the end of the group. @throws ConnectionError, AuthError */
  openApart(role: Role, memory: SessionMemory, owner: SessionOwner): Promise<Session> {
    return this.#dialer.join(this.#address, role, memory, owner, this.#stop.signal)
  }

  /** Ends all sessions in good order; idempotent. */
  async close(): Promise<void> {
    if (this.#ended !== undefined) return
    this.#end(new ConnectionError('the connection was ended'))
    await Promise.all(this.#channels.map(({ session }) => session.close()))
  }

  async #open<R extends Receiver>(
    makeInbox: (session: Session) => R,
    connect: (owner: SessionOwner) => Promise<Session>,
  ): Promise<Channel<R>> {
    // What an earlier connection's session brings comes in one piece with CONNACK.
    const early: Parameters<Receiver['onPublish']>[] = []
    let inbox: R | undefined
    const session = await connect({
      onPublish: (packet, hold) =>
        inbox === undefined ? early.push([packet, hold]) : inbox.onPublish(packet, hold),
      onLost: (error) => this.#lost(error),
    })
    if (this.#ended !== undefined) {
      await session.close()
      throw this.#ended
    }
    inbox = makeInbox(session)
    const channel = { session, inbox }
    this.#channels.push(channel)
    for (const [packet, hold] of early.splice(0)) inbox.onPublish(packet, hold)
    return channel
  }

  #lost(error: Error): void {
    if (this.#ended !== undefined) return
    this.#end(error)
    for (const { session } of this.#channels) session.fail(error)
    this.#onLost(error)
  }

  #end(error: Error): void {
    this.#ended = error
    this.#stop.abort(error)
    const reason = error instanceof ConnectionError ? error : new ConnectionError(error.message)
    for (const { inbox } of this.#channels) inbox.close(reason)
  }
}
