import type { Hold } from './client/ack-gate.js'
import type { BrokerAddress } from './client/address.js'
import type { Dialer, Role } from './client/dialer.js'
import { ConnectionEnded, REASON } from './client/errors.js'
import type { OversizePacket, PublishPacket } from './client/publish-decoder.js'
import type { Session } from './client/session.js'
import type { SessionOwner } from './client/session-owner.js'
import type { SessionState } from './client/session-state.js'
import { connectionError } from './errors.js'

/** The receiving side of a session. */
export interface Receiver {
  onPublish(packet: PublishPacket, hold: Hold | undefined): void
  /** A message larger than we take was skipped; it must be settled all the same. */
  onOversize(packet: OversizePacket, hold: Hold | undefined): void
  /** The connection has ended, because of `error`. @param kept whether the broker keeps its session */
  close(error: Error, kept: boolean): void
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
    state: SessionState,
    makeInbox: (session: Session) => R,
    signal: AbortSignal,
  ): Promise<Channel<R>> {
    const both = AbortSignal.any([signal, this.#stop.signal])
    return this.#open(makeInbox, (owner) => this.#dialer.connect(this.#address, role, state, owner, both))
  }

  /** Opens a further session, of the version that the broker took before. @throws ConnectionError, AuthError */
  open<R extends Receiver>(
    role: Role,
    state: SessionState,
    makeInbox: (session: Session) => R,
  ): Promise<Channel<R>> {
    const { signal } = this.#stop
    return this.#open(makeInbox, (owner) => this.#dialer.join(this.#address, role, state, owner, signal))
  }

  /** Opens a session whose end is not the end of the group. @throws ConnectionError, AuthError */
  async openApart(role: Role, state: SessionState, owner: SessionOwner): Promise<Session> {
    try {
      return await this.#dialer.join(this.#address, role, state, owner, this.#stop.signal)
    } catch (error) {
      throw connectionError(error)
    }
  }

  /** Ends all sessions in good order; idempotent. */
  async close(): Promise<void> {
    if (this.#ended !== undefined) return
    this.#end(new ConnectionEnded('the connection was ended'))
    await Promise.all(this.#channels.map(({ session }) => session.close()))
  }

  async #open<R extends Receiver>(
    makeInbox: (session: Session) => R,
    connect: (owner: SessionOwner) => Promise<Session>,
  ): Promise<Channel<R>> {
    // What an earlier connection's session brings comes in one piece with CONNACK.
    const early: { readonly to: (inbox: R) => void; readonly hold: Hold | undefined }[] = []
    let inbox: R | undefined
    const hand = (hold: Hold | undefined, to: (inbox: R) => void) =>
      inbox === undefined ? void early.push({ to, hold }) : to(inbox)
    let session: Session
    try {
      session = await connect({
        onPublish: (packet, hold) =>
          inbox === undefined
            ? hand(hold, (made) => made.onPublish(packet, hold))
            : inbox.onPublish(packet, hold),
        onOversize: (packet, hold) => hand(hold, (made) => made.onOversize(packet, hold)),
        onLost: (error) => this.#lost(error),
      })
    } catch (error) {
      throw connectionError(error)
    }
    if (this.#ended !== undefined) {
      for (const { hold } of early) hold?.drop?.()
      await session.close()
      throw connectionError(this.#ended)
    }
    const made = makeInbox(session)
    inbox = made
    const channel = { session, inbox }
    this.#channels.push(channel)
    for (const { to } of early.splice(0)) to(made)
    return channel
  }

  #lost(error: Error): void {
    if (this.#ended !== undefined) return
    this.#end(error)
    for (const { session } of this.#channels) session.fail(error, REASON.unspecified)
    this.#onLost(error)
  }

  #end(error: Error): void {
    this.#ended = error
    this.#stop.abort(error)
    for (const { inbox, session } of this.#channels) inbox.close(error, session.isKept)
  }
}
