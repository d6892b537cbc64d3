import type { Socket } from 'node:net'
import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import type { IntegrationError } from '../../core/errors/integration-error.js'
import { readTlsOptions } from '../tls.js'
import { RedisConnection } from './connection.js'
import { DEFAULT_PORT, formatAddress, SENTINEL_PORT, type ServerAddress, serverAddress } from './endpoint.js'
import { socketFailure } from './failures.js'
import { credentialsOf, databaseOf, expectMaster, greet, masterAddress } from './greeting.js'
import type { RedisConfig } from './manifest.js'
import { openSocket } from './socket.js'

/** Opens connections to the servers of an endpoint. Each call of `locate` tries the next address. */
export class Dialer {
  readonly #context: AdapterContext
  readonly #config: RedisConfig
  #attempts = 0

  constructor(context: AdapterContext, config: RedisConfig) {
    this.#context = context
    this.#config = config
  }

  /**
   * Finds the server for the next attempt: the next address, or the master that the next sentinel reports.
   * @throws ConnectionError, AuthError
   */
  async locate(signal: AbortSignal): Promise<ServerAddress> {
    const { endpoint } = this.#context.settings
    const { sentinel } = this.#config
    const address = endpoint.addresses[this.#attempts++ % endpoint.addresses.length] ?? 'localhost'
    if (sentinel === undefined) return serverAddress(address, endpoint, DEFAULT_PORT)
    const found = serverAddress(address, endpoint, SENTINEL_PORT)
    return this.#askSentinel({ ...found, tls: found.tls && sentinel.tls }, sentinel, found.tls, signal)
  }

  /**
   * Connects to a server. Reads the certificate files each time, so that renewed certificates take effect.
   * @param role shown in CLIENT LIST behind the client id
   * @param onLost called at most once, when the connection is lost
   * @throws ConnectionError, AuthError
   */
  async open(
    address: ServerAddress,
    role: string,
    signal: AbortSignal,
    onLost: (error: IntegrationError) => void,
  ): Promise<RedisConnection> {
    const { settings, clientId, clock } = this.#context
    const { database, protocol, keep_alive, sentinel } = this.#config
    const credentials = credentialsOf(settings.auth)
    const selected = databaseOf(database, address)
    const socket = await this.#openSocket(address, signal)
    return talk(socket, address, async () => {
      await greet(socket, address, credentials, selected, signal)
      if (sentinel !== undefined) await expectMaster(socket, address, signal)
      const connectionSettings = {
        where: formatAddress(address),
        protocol,
        clientName: `${clientId}:${role}`.replace(/[^\x21-\x7e]/g, '-'),
        maxFrame: settings.limits.frame,
        keepAliveMs: keep_alive,
      }
      return RedisConnection.open(socket, connectionSettings, clock, signal, onLost)
    })
  }

  async #askSentinel(
    at: ServerAddress,
    { master, username, password }: NonNullable<RedisConfig['sentinel']>,
    tls: boolean,
    signal: AbortSignal,
  ): Promise<ServerAddress> {
    const socket = await this.#openSocket(at, signal)
    const credentials = password === undefined ? undefined : { username, password }
    const found = await talk(socket, at, async () => {
      await greet(socket, at, credentials, 0, signal)
      return masterAddress(socket, at, master, tls, signal)
    })
    socket.destroy()
    return found
  }

  async #openSocket(address: ServerAddress, signal: AbortSignal): Promise<Socket> {
    const { tls = { verifyServer: true }, lookup } = this.#context.settings.endpoint
    const options = address.tls ? await readTlsOptions(tls, this.#context.log) : undefined
    return openSocket(address, options, lookup, signal)
  }
}

/** Runs `exchange` on a socket and destroys the socket if it fails. @throws ConnectionError, AuthError */
async function talk<T>(socket: Socket, address: ServerAddress, exchange: () => Promise<T>): Promise<T> {
  try {
    return await exchange()
  } catch (error) {
    socket.destroy()
    throw socketFailure(formatAddress(address), error)
  }
}
