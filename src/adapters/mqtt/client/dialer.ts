import type { LookupFunction } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { Clock } from '../../../core/clock.js'
import { type BrokerAddress, showAddress } from './address.js'
import type { Credentials, SessionSettings } from './connect.js'
import {
  ConnectionClosed,
  type ConnectionEnded,
  ConnectRefused,
  SocketFailed,
  VersionRefused,
} from './errors.js'
import { Session } from './session.js'
import { NO_OWNER, type SessionOwner } from './session-owner.js'
import { SessionState } from './session-state.js'
import { type OnTlsSocket, openSocket } from './socket.js'

/** The settings that differ between the connections of one client. */
export type Role = Pick<
  SessionSettings,
  'clientId' | 'clean' | 'sessionExpiryMs' | 'receiveMaximum' | 'paced' | 'will' | 'willOnClose'
> & {
  /**
   * Whether to end a session whose state we do not have instead of resuming it (MQTT 5, [MQTT-3.2.2-4]): packet
   * identifiers that the broker remembers would make it take new messages for duplicates.
   */
  readonly needsState?: boolean
}

/** The settings that all connections of a client share. */
export interface DialerOptions {
  readonly version: 'auto' | 4 | 5
  readonly keepAliveMs: number
  readonly maxFrame: number
  readonly clock: Clock
  /** Called for each connection. */
  credentials(signal: AbortSignal): Promise<Credentials | undefined>
  /** Called when the broker has refused the credentials. */
  credentialsRefused(credentials: Credentials): void
  /** Returns a function that hides the credentials in texts of the broker. */
  maskOf(credentials: Credentials): (text: string) => string
  /** Called for each connection over TLS. */
  tls(): Promise<ConnectionOptions>
  /** Resolves host names; absent for the resolution of the system. */
  readonly lookup?: LookupFunction | undefined
  readonly onTlsSocket: OnTlsSocket
}

/** Opens connections. Remembers the protocol version that the broker accepted. */
export class Dialer {
  readonly #options: DialerOptions
  #version: 4 | 5

  constructor(options: DialerOptions) {
    this.#options = options
    this.#version = options.version === 4 ? 4 : 5
  }

  /**
   * Connects. With version `auto` it tries MQTT 5, then 3.1.1 if the broker refuses 5.
   * @throws ConnectionEnded, the reason of `signal`, what `credentials` and `tls` throw
   */
  async connect(
    address: BrokerAddress,
    role: Role,
    state: SessionState,
    owner: SessionOwner,
    signal: AbortSignal,
  ): Promise<Session> {
    try {
      return await this.#open(address, role, state, owner, signal, this.#version)
    } catch (error) {
      if (!(error instanceof VersionRefused)) throw error
      if (this.#version === 4 || this.#options.version !== 'auto') throw error.failure
      const session = await this.#open(address, role, state, owner, signal, 4).catch(throwFailure)
      this.#version = 4
      return session
    }
  }

  /** Connects with the version that the broker accepted before. @throws as `connect` */
  join(
    address: BrokerAddress,
    role: Role,
    state: SessionState,
    owner: SessionOwner,
    signal: AbortSignal,
  ): Promise<Session> {
    return this.#open(address, role, state, owner, signal, this.#version).catch(throwFailure)
  }

  /**
   * Ends a session at the broker by connecting with a clean session and closing, which both versions support.
   * @throws as `connect`
   */
  async endSession(address: BrokerAddress, role: Role, signal: AbortSignal): Promise<void> {
    const state = new SessionState(this.#options.clock)
    await this.#endSession(address, role, state, signal, this.#version).catch(throwFailure)
  }

  async #open(
    address: BrokerAddress,
    role: Role,
    state: SessionState,
    owner: SessionOwner,
    signal: AbortSignal,
    version: 4 | 5,
  ): Promise<Session> {
    const isKnown = state.isKnown
    const session = await this.#attempt(address, role, state, owner, signal, version)
    if (!role.needsState || isKnown || !session.connack.sessionPresent) return session
    await session.close()
    await this.#endSession(address, role, state, signal, version)
    return this.#attempt(address, role, state, owner, signal, version)
  }

  async #endSession(
    address: BrokerAddress,
    role: Role,
    state: SessionState,
    signal: AbortSignal,
    version: 4 | 5,
  ): Promise<void> {
    const { will: _, ...plain } = role
    const clean = { ...plain, clean: true, sessionExpiryMs: 0 }
    const session = await this.#attempt(address, clean, state, NO_OWNER, signal, version)
    await session.close()
  }

  async #attempt(
    address: BrokerAddress,
    role: Role,
    state: SessionState,
    owner: SessionOwner,
    signal: AbortSignal,
    version: 4 | 5,
  ): Promise<Session> {
    const options = this.#options
    const credentials = await options.credentials(signal)
    const secure = address.transport === 'tls' || address.transport === 'wss'
    const tls = secure ? await options.tls() : undefined
    const socket = await openSocket(address, tls, options.onTlsSocket, options.lookup, signal).catch(
      (error: unknown) => {
        throw address.transport === 'tls' ? notTls(error) : error
      },
    )
    const settings: SessionSettings = {
      ...role,
      // Pausing a TLS or WebSocket stream does not stop the reads of its socket, so they are not paced.
      paced: role.paced && address.transport === 'tcp',
      version,
      keepAliveMs: options.keepAliveMs,
      maxFrame: options.maxFrame,
      ...(credentials && { credentials, mask: options.maskOf(credentials) }),
    }
    try {
      return await Session.open(socket, showAddress(address), settings, state, owner, options.clock, signal)
    } catch (error) {
      if (error instanceof ConnectRefused && error.isAuth && credentials !== undefined)
        options.credentialsRefused(credentials)
      throw error instanceof VersionRefused ? new VersionRefused(cutEarly(error.failure, address)) : error
    }
  }
}

/**
 * Adds a hint to a connection that ended before CONNACK: a port that expects TLS, or expects none, often just closes.
 */
function cutEarly(failure: ConnectionEnded, { transport }: BrokerAddress): ConnectionEnded {
  // A WebSocket stream exists before its handshake, so this is where its handshake fails.
  if (transport === 'wss') return notTls(failure)
  if (transport !== 'tcp' && transport !== 'ws') return failure
  const hint = `does this port require TLS (${transport === 'ws' ? 'wss' : 'mqtts'}://)?`
  if (failure instanceof ConnectionClosed)
    return new ConnectionClosed(`${failure.message} before CONNACK; ${hint}`)
  return failure instanceof SocketFailed && failure.isCut
    ? new SocketFailed(failure.where, failure.cause, hint)
    : failure
}

function notTls<E>(failure: E): E | SocketFailed {
  return failure instanceof SocketFailed && failure.isCut
    ? new SocketFailed(failure.where, failure.cause, 'does this port speak TLS?')
    : failure
}

function throwFailure(error: unknown): never {
  throw error instanceof VersionRefused ? error.failure : error
}
