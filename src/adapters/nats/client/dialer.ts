import { sharedController, sharedSignal } from '../../../core/abort.js'
import { AuthError, ConnectionError } from '../../../core/errors/connection.js'
import type { Endpoint } from '../../../core/settings/endpoint.js'
import type { TlsSettings } from '../../../core/settings/tls.js'
import { abortFailure } from '../../abort.js'
import { readTlsOptions } from '../../tls.js'
import { type ServerAddress, whereOf } from './address.js'
import { Connection, type ConnectionEvents, type ConnectionSettings, type Proof } from './connection.js'
import { ServerPool } from './server-pool.js'
import { openSocket } from './socket.js'

const VERIFYING: TlsSettings = { verifyServer: true }
/**
 * Minimum time for each server, in milliseconds. A server that does not answer must not use up the time of the others.
 */
const LEAST_MS = 250
/** Creates the proof of identity that a server requires. */
export interface Credentials {
  /** Whether a refused proof may be replaced by another one. */
  readonly renewable: boolean
  /** @param nonce what the server wants signed, if anything. @throws AuthError */
  prove(nonce: string | undefined, signal: AbortSignal): Promise<Proof>
  /** Reports that a server refused a proof. The next one must be different. */
  refused(proof: Proof): void
}

export interface DialerSettings extends ConnectionSettings {
  readonly endpoint: Endpoint
  readonly credentials: Credentials
  /** Deadline for all servers of one attempt together, in milliseconds. */
  readonly timeoutMs: number
}

/** Connects to the servers of an endpoint. */
export class Dialer {
  readonly #settings: DialerSettings
  /** The known servers. */
  readonly pool: ServerPool

  constructor(settings: DialerSettings) {
    this.#settings = settings
    this.pool = new ServerPool(settings.endpoint)
  }

  /**
   * Connects to the first server that accepts us. Credentials that one server refuses are not sent to the others.
   * @throws AuthError; the ConnectionError of the last server tried
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
        // Replace a refused token once.
        mayRenew = false
        servers.unshift(server)
      }
    }
    throw failure ?? new ConnectionError('the endpoint has no addresses')
  }

  /** Connects to one server. @throws ConnectionError, AuthError */
  async one(server: ServerAddress, events: ConnectionEvents, signal: AbortSignal): Promise<Connection> {
    const { endpoint, credentials, log } = this.#settings
    // Read the certificate files for each connection, so that replaced files take effect.
    const wanted = endpoint.tls ?? (server.secure ? VERIFYING : undefined)
    const tls = wanted && (await readTlsOptions(wanted, log))
    const opened = await openSocket(server, tls, this.#settings.endpoint.lookup, signal)
    const { socket, info, rest } = opened
    try {
      const proof = await credentials.prove(info.nonce, signal)
      const connection = new Connection(server, opened, this.#settings, events)
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
    const share = sharedController()
    const { clock, timeoutMs } = this.#settings
    const timer = clock.setTimer(Math.max(LEAST_MS, timeoutMs / count), () =>
      share.abort(new ConnectionError(`${whereOf(server)} did not answer in time`)),
    )
    try {
      return await this.one(server, events, sharedSignal([signal, share.signal]))
    } finally {
      timer.cancel()
    }
  }
}
