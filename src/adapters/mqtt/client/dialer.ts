import type { AdapterContext } from '../../../core/adapter.js'
import { AuthError } from '../../../core/errors.js'
import type { TlsSettings } from '../../../core/settings.js'
import { readTlsOptions } from '../../tls.js'
import { type BrokerAddress, brokerAddress } from '../endpoint.js'
import { connectFailure, VersionRefused } from '../failures.js'
import { Login } from '../login.js'
import type { MqttConfig } from '../manifest.js'
import type { SessionSettings } from './connect.js'
import { Session, type SessionMemory, type SessionOwner } from './session.js'
import { openSocket } from './socket.js'

/** What differs between the connections of one adapter. */
export type Role = Pick<
  SessionSettings,
  'clientId' | 'clean' | 'sessionExpiryMs' | 'receiveMaximum' | 'paced' | 'will' | 'willOnClose'
>

const SERVER_ONLY: TlsSettings = { verifyServer: true }

/**
 * Makes connections. It remembers the protocol version that the broker took, and which address comes next:
 * each attempt tries one.
 */
export class Dialer {
  readonly #context: AdapterContext
  readonly #config: MqttConfig
  readonly #login: Login
  #version: 4 | 5
  #attempts = 0

  constructor(context: AdapterContext, config: MqttConfig) {
    this.#context = context
    this.#config = config
    this.#login = new Login(context, config)
    this.#version = config.protocol_version === '3.1.1' ? 4 : 5
  }

  /** Gives up what is under way for the sake of the credentials. */
  close(): void {
    this.#login.close()
  }

  /** The address for the next attempt. @throws ConnectionError when it cannot be read */
  nextAddress(): BrokerAddress {
    const { endpoint } = this.#context.settings
    const addresses = endpoint.addresses.length > 0 ? endpoint.addresses : ['localhost']
    return brokerAddress(addresses[this.#attempts++ % addresses.length]!, endpoint)
  }

  /**
   * Connects; with `protocol_version = "auto"` a broker that does not take MQTT 5 is asked once more in 3.1.1.
   * @throws ConnectionError, AuthError
   */
  async connect(
    address: BrokerAddress,
    role: Role,
    memory: SessionMemory,
    owner: SessionOwner,
    signal: AbortSignal,
  ): Promise<Session> {
    try {
      const session = await this.#attempt(address, role, memory, owner, signal, this.#version)
      return session
    } catch (error) {
      if (!(error instanceof VersionRefused)) throw connectFailure(address, error)
      if (this.#version === 4 || this.#config.protocol_version !== 'auto') throw error.failure
      const session = await this.#attempt(address, role, memory, owner, signal, 4).catch(
        (second: unknown) => {
          throw connectFailure(address, second instanceof VersionRefused ? second.failure : second)
        },
      )
      this.#version = 4
      return session
    }
  }

  /** Connects in the version that the broker took before. @throws ConnectionError, AuthError */
  async join(
    address: BrokerAddress,
    role: Role,
    memory: SessionMemory,
    owner: SessionOwner,
    signal: AbortSignal,
  ): Promise<Session> {
    try {
      return await this.#attempt(address, role, memory, owner, signal, this.#version)
    } catch (error) {
      throw connectFailure(address, error instanceof VersionRefused ? error.failure : error)
    }
  }

  async #attempt(
    address: BrokerAddress,
    role: Role,
    memory: SessionMemory,
    owner: SessionOwner,
    signal: AbortSignal,
    version: 4 | 5,
  ): Promise<Session> {
    const { settings, clock, log } = this.#context
    const credentials = await this.#login.credentials(signal)
    const secure = address.transport === 'tls' || address.transport === 'wss'
    const tls = secure ? await readTlsOptions(settings.endpoint.tls ?? SERVER_ONLY, log) : undefined
    const socket = await openSocket(address, tls, settings.limits.frame, signal)
    const session: SessionSettings = {
      ...role,
      // The streams of TLS and WebSocket read on by themselves.
      paced: role.paced && address.transport === 'tcp',
      version,
      keepAliveMs: this.#config.keep_alive,
      maxFrame: settings.limits.frame,
      ...(credentials && { credentials }),
    }
    const where = `${address.host}:${address.port}`
    try {
      return await Session.open(socket, where, session, memory, owner, clock, signal)
    } catch (error) {
      if (error instanceof AuthError && credentials !== undefined) this.#login.refused(credentials)
      throw error
    }
  }
}
