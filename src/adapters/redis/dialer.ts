import type { Socket } from 'node:net'
import type { AdapterContext } from '../../core/adapter.js'
import type { IntegrationError } from '../../core/errors.js'
import { readTlsOptions } from '../tls.js'
import { DEFAULT_PORT, formatAddress, SENTINEL_PORT, type ServerAddress, serverAddress } from './endpoint.js'
import { socketFailure } from './failures.js'
import { credentialsOf, databaseOf, expectMaster, greet, masterAddress } from './greeting.js'
import type { RedisConfig } from './manifest.js'
import { openSocket } from './socket.js'
import { Wire } from './wire.js'

/** Makes connections to the servers of an endpoint. It remembers which address comes next: each attempt tries one. */
export class Dialer {
  readonly #context: AdapterContext
  readonly #config: RedisConfig
  #attempts = 0

  constructor(context: AdapterContext, config: RedisConfig) {
    this.#context = context
    this.#config = config
  }

  /**
   * Finds the server for the next attempt: the next address, or the master that the next sentinel knows.
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
   * Connects to a server; the files of certificates are read each time.
   * @param role what CLIENT LIST shows beside our name
   * @param onLost called once at most, when the connection ends by itself
   * @throws ConnectionError, AuthError
   */
  async open(
    address: ServerAddress,
    role: string,
    signal: AbortSignal,
    onLost: (error: IntegrationError) => void,
  ): Promise<Wire> {
    const { settings, clientId, clock } = this.#context
    const { database, protocol, keep_alive, sentinel } = this.#config
    const credentials = credentialsOf(settings.auth)
    const selected = databaseOf(database, address)
    const socket = await this.#openSocket(address, signal)
    return talk(socket, address, async () => {
      await greet(socket, address, credentials, selected, signal)
      if (sentinel !== undefined) await expectMaster(socket, address, signal)
      const wire = {
        where: formatAddress(address),
        protocol,
        clientName: `${clientId}:${role}`.replace(/[^\x21-\x7e]/g, '-'),
        maxFrame: settings.limits.frame,
        keepAliveMs: keep_alive,
      }
      return Wire.open(socket, wire, clock, signal, onLost)
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
    const tls = this.#context.settings.endpoint.tls ?? { verifyServer: true }
    return openSocket(address, address.tls ? await readTlsOptions(tls, this.#context.log) : undefined, signal)
  }
}

/** Does something with a socket, which is destroyed if that fails. @throws ConnectionError, AuthError */
async function talk<T>(socket: Socket, address: ServerAddress, how: () => Promise<T>): Promise<T> {
  try {
    return await how()
  } catch (error) {
    socket.destroy()
    throw socketFailure(formatAddress(address), error)
  }
}
