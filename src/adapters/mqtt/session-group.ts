import { sharedController, sharedSignal } from '../../core/abort.js'
import type { Clock } from '../../core/clock.js'
import type { Hold } from './client/ack-gate.js'
import type { BrokerAddress } from './client/address.js'
import type { Dialer, Role } from './client/dialer.js'
import { AttemptExpired, ConnectionEnded, notSent, REASON } from './client/errors.js'
import type { OversizePacket, PublishPacket } from './client/publish-decoder.js'
import type { Session } from './client/session.js'
import type { SessionOwner } from './client/session-owner.js'
import type { SessionState } from './client/session-state.js'
import { connectionError } from './errors.js'

/** How long the end of a session may take that needs another connection, in milliseconds. */
const END_MS = 1_000

/** Receives the messages of a session. */
export interface Receiver {
  onPublish(packet: PublishPacket, hold: Hold | undefined): void
  /** Receives a message larger than the limit, whose payload was skipped. It must be settled like any other. */
  onOversize(packet: OversizePacket, hold: Hold | undefined): void
  /** Closes the receiver after the connection has ended. @param kept whether the broker keeps its session */
  close(error: Error, kept: boolean): void
}

/** A session with the receiver of its messages. */
export interface ReceivingSession<R extends Receiver> {
  readonly session: Session
  readonly inbox: R
}

/**
 * The sessions of one connection of the actor. Each is opened on demand, to the same address; the loss of one ends all.
 */
export class SessionGroup {
  readonly #dialer: Dialer
  readonly #address: BrokerAddress
  readonly #clock: Clock
  readonly #onLost: (error: Error) => void
  readonly #sessions: (ReceivingSession<Receiver> & { readonly role: Role })[] = []
  readonly #stop = sharedController()
  #main: Session | undefined
  #ended: Error | undefined

  /** @param onLost called at most once, when a session is lost */
  constructor(dialer: Dialer, address: BrokerAddress, clock: Clock, onLost: (error: Error) => void) {
    this.#dialer = dialer
    this.#address = address
    this.#clock = clock
    this.#onLost = onLost
  }

  /** Why the group has ended, or undefined while it is open. */
  get ended(): Error | undefined {
    return this.#ended
  }

  /** Opens the session that settles the protocol version. @throws ConnectionError, AuthError */
  async openMain<R extends Receiver>(
    role: Role,
    state: SessionState,
    makeInbox: (session: Session) => R,
    signal: AbortSignal,
  ): Promise<ReceivingSession<R>> {
    const both = sharedSignal([signal, this.#stop.signal])
    const dial = (owner: SessionOwner) => this.#dialer.connect(this.#address, role, state, owner, both)
    const opened = await this.#open(role, makeInbox, dial)
    this.#main = opened.session
    return opened
  }

  /** Opens a further session with the same protocol version. @throws ConnectionError, AuthError */
  open<R extends Receiver>(
    role: Role,
    state: SessionState,
    makeInbox: (session: Session) => R,
  ): Promise<ReceivingSession<R>> {
    const { signal } = this.#stop
    return this.#open(role, makeInbox, (owner) =>
      this.#dialer.join(this.#address, role, state, owner, signal),
    )
  }

  /** Opens a session whose loss does not end the group. @throws ConnectionError, AuthError */
  async openApart(role: Role, state: SessionState, owner: SessionOwner): Promise<Session> {
    try {
      return await this.#dialer.join(this.#address, role, state, owner, this.#stop.signal)
    } catch (error) {
      throw await this.#joinFailure(error)
    }
  }

  /**
   * Returns the error of a session that could not be opened. A cut may have ended the main session too, which notices it
   * later: the operation then waits for the next connection instead of failing on one that looks open.
   */
  async #joinFailure(error: unknown): Promise<Error> {
    if (error instanceof ConnectionEnded && error.retryable && this.#ended === undefined)
      await this.#main?.ping()
    return connectionError(this.#ended === undefined ? error : notSent(this.#ended))
  }

  /** Closes all sessions with DISCONNECT; idempotent. @param endsSessions whether the broker drops them */
  async close(endsSessions = false): Promise<void> {
    if (this.#ended !== undefined) return
    this.#end(new ConnectionEnded('disconnected'))
    await Promise.all(
      this.#sessions.map(async ({ session, role }) => {
        await session.close(endsSessions ? 'end-session' : 'keep-session')
        if (endsSessions && session.version === 4) await this.#endSession(role)
      }),
    )
  }

  /** Ends a session where DISCONNECT cannot (MQTT 3.1.1). Never throws. */
  async #endSession(role: Role): Promise<void> {
    const limit = sharedController()
    const timer = this.#clock.setTimer(END_MS, () => limit.abort(new AttemptExpired(END_MS)))
    await this.#dialer.endSession(this.#address, role, limit.signal).catch(() => {})
    timer.cancel()
  }

  async #open<R extends Receiver>(
    role: Role,
    makeInbox: (session: Session) => R,
    connect: (owner: SessionOwner) => Promise<Session>,
  ): Promise<ReceivingSession<R>> {
    // A resumed session may deliver messages together with CONNACK, before the inbox exists.
    const early: { readonly to: (inbox: R) => void; readonly hold: Hold | undefined }[] = []
    let inbox: R | undefined
    const whenReady = (hold: Hold | undefined, to: (inbox: R) => void) =>
      inbox === undefined ? void early.push({ to, hold }) : to(inbox)
    let session: Session
    try {
      session = await connect({
        onPublish: (packet, hold) =>
          inbox === undefined
            ? whenReady(hold, (made) => made.onPublish(packet, hold))
            : inbox.onPublish(packet, hold),
        onOversize: (packet, hold) => whenReady(hold, (made) => made.onOversize(packet, hold)),
        onLost: (error) => this.#lost(error),
      })
    } catch (error) {
      throw await this.#joinFailure(error)
    }
    if (this.#ended !== undefined) {
      for (const { hold } of early) hold?.drop?.()
      await session.close()
      throw connectionError(this.#ended)
    }
    const made = makeInbox(session)
    inbox = made
    const receiving = { session, inbox }
    this.#sessions.push({ ...receiving, role })
    for (const { to } of early.splice(0)) to(made)
    return receiving
  }

  #lost(error: Error): void {
    if (this.#ended !== undefined) return
    this.#end(error)
    for (const { session } of this.#sessions) session.fail(error, REASON.unspecified)
    this.#onLost(error)
  }

  #end(error: Error): void {
    this.#ended = error
    this.#stop.abort(error)
    for (const { inbox, session } of this.#sessions) inbox.close(error, session.isKept)
  }
}
