import { AuthError, ConnectionError } from '../../../core/errors.js'
import type { Endpoint, TlsSettings } from '../../../core/settings.js'
import { abortFailure } from '../../abort.js'
import { readTlsOptions } from '../../tls.js'
import { type ServerAddress, whereOf } from './address.js'
import { Connection, type ConnectionEvents, type ConnectionSettings, type Proof } from './connection.js'
import { ServerPool } from './server-pool.js'
import { openSocket } from './socket.js'

const VERIFYING: TlsSettings = { verifyServer: true }
/** A server that does not answer must not take the time of all others. */
const LEAST_MS = 250
/** Makes the proof of identity that a server asks for. */
export interface Credentials {
  /** Whether a proof that was refused may be replaced by a better one. */
  readonly renewable: boolean
  /** @param nonce what the server wants to have signed, if anything. @throws AuthError */
  prove(nonce: string | undefined, signal: AbortSignal): Promise<Proof>
  /** A server refused that proof: the next one must be another. */
  refused(proof: Proof): void
}

export interface DialerSettings extends ConnectionSettings {
  readonly endpoint: Endpoint
  readonly credentials: Credentials
  /** For all servers of one attempt together, in milliseconds. */
  readonly timeoutMs: number
}

/** Connects to the servers of an endpoint. */
export class Dialer {
  readonly #settings: DialerSettings
  /** The servers that are known. */
  readonly pool: ServerPool

  constructor(settings: DialerSettings) {
    this.#settings = settings
    this.pool = new ServerPool(settings.endpoint)
  }

  /**
   * Connects to the first server that accepts us. Credentials that one refuses are not shown to the others.
   * @throws AuthError; the ConnectionError of the last server that was tried
   */
  async any(events: ConnectionEvents, signal: AbortSignal): Promise<Connection> {
    this.pool.refresh()
    const servers = [...this.pool.servers]
    let mayRenew = this.#settings.credentials.renewable
    let failure: unknown
    for (let server = servers.shift(); server !== undefined; server = servers.shift()) {
      try {
        return await this.#within(server, servers.length + 1, events, signal)
      } catch (error) {
        this.pool.postpone(server)
        if (signal.aborted) throw abortFailure('connect', signal)
        if (error instanceof AuthError && !mayRenew) throw error
        failure = error
        if (!(error instanceof AuthError)) continue
        // A token that was refused is replaced once.
        mayRenew = false
        servers.unshift(server)
      }
    }
    throw failure ?? new ConnectionError('there is no server to connect to')
  }

  /** Connects to one server. @throws ConnectionError, AuthError */
  async one(server: ServerAddress, events: ConnectionEvents, signal: AbortSignal): Promise<Connection> {
    const { endpoint, credentials, log } = this.#settings
    // Files are read for each connection, so that replaced certificates are taken up.
    const wanted = endpoint.tls ?? (server.secure ? VERIFYING : undefined)
    const tls = wanted && (await readTlsOptions(wanted, log))
    const introduction = await openSocket(server, tls, signal)
    const { socket, info, rest } = introduction
    try {
      const proof = await credentials.prove(info.nonce, signal)
      const connection = new Connection(server, introduction, this.#settings, events)
      try {
        await connection.greet(proof, tls !== undefined, rest, signal)
      } catch (error) {
        if (error instanceof AuthError) credentials.refused(proof)
        throw error
      }
      return connection
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  async #within(
    server: ServerAddress,
    count: number,
    events: ConnectionEvents,
    signal: AbortSignal,
  ): Promise<Connection> {
    if (count === 1) return this.one(server, events, signal)
    const share = new AbortController()
    const { clock, timeoutMs } = this.#settings
    const timer = clock.setTimer(Math.max(LEAST_MS, timeoutMs / count), () =>
      share.abort(new ConnectionError(`no answer from ${whereOf(server)} in time`)),
    )
    try {
      return await this.one(server, events, AbortSignal.any([signal, share.signal]))
    } finally {
      timer.cancel()
    }
  }
}
