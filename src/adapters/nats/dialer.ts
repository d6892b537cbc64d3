import type { AdapterContext } from '../../core/adapter.js'
import { AuthError, ConnectionError } from '../../core/errors.js'
import type { TlsSettings } from '../../core/settings.js'
import { abortFailure } from '../abort.js'
import { readTlsOptions } from '../tls.js'
import { type TokenSource, tokenSource } from '../token-source.js'
import { type ServerAddress, whereOf } from './address.js'
import { proofOf } from './credentials.js'
import { Link, type LinkEvents } from './link.js'
import type { NatsConfig } from './manifest.js'
import { ServerPool } from './server-pool.js'
import { openSocket } from './socket.js'

const VERIFYING: TlsSettings = { verifyServer: true }
/** A server that does not answer must not take the time of all others. */
const LEAST_MS = 250
/** Kinds of auth whose tokens are made by us. */
const RENEWABLE: ReadonlySet<string> = new Set(['jwt', 'oauth2'])

/** Makes the connections of an integration. */
export class Dialer {
  readonly #context: AdapterContext
  readonly #config: NatsConfig
  readonly #tokens: TokenSource | undefined
  /** The servers that are known. */
  readonly pool: ServerPool

  constructor(context: AdapterContext, config: NatsConfig) {
    this.#context = context
    this.#config = config
    this.#tokens = tokenSource(context)
    this.pool = new ServerPool(context.settings.endpoint)
  }

  /**
   * Connects to the first server that accepts us. Credentials that one refuses are not shown to the others.
   * @throws AuthError; the ConnectionError of the last server that was tried
   */
  async any(events: LinkEvents, signal: AbortSignal): Promise<Link> {
    this.pool.refresh()
    const servers = [...this.pool.servers]
    let mayRenew = RENEWABLE.has(this.#context.settings.auth.type)
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
        // A token that was refused is made anew, once.
        mayRenew = false
        servers.unshift(server)
      }
    }
    throw failure ?? new ConnectionError('there is no server to connect to')
  }

  /** Forgets what proves who we are; a later connection obtains it anew. */
  close(): void {
    this.#tokens?.close()
  }

  /** Connects to one server. @throws ConnectionError, AuthError */
  async one(server: ServerAddress, events: LinkEvents, signal: AbortSignal): Promise<Link> {
    const { settings, clock, log, clientId } = this.#context
    // Read anew for each connection, so that replaced certificates are taken up.
    const wanted = settings.endpoint.tls ?? (server.secure ? VERIFYING : undefined)
    const tls = wanted && (await readTlsOptions(wanted, log))
    const introduction = await openSocket(server, tls, signal)
    const { socket, info, rest } = introduction
    try {
      const proof = await proofOf(settings.auth, this.#tokens, info.nonce, signal)
      const name = this.#config.name ?? clientId
      const { ping_interval: pingIntervalMs } = this.#config
      const maxFrame = settings.limits.frame
      const link = new Link(server, introduction, { name, clock, log, maxFrame, pingIntervalMs }, events)
      try {
        await link.greet(proof, tls !== undefined, rest, signal)
      } catch (error) {
        if (error instanceof AuthError && proof.auth_token !== undefined)
          this.#tokens?.rejected(proof.auth_token)
        throw error
      }
      return link
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  async #within(
    server: ServerAddress,
    count: number,
    events: LinkEvents,
    signal: AbortSignal,
  ): Promise<Link> {
    if (count === 1) return this.one(server, events, signal)
    const share = new AbortController()
    const { clock, settings } = this.#context
    const timer = clock.setTimer(Math.max(LEAST_MS, settings.timeoutMs / count), () =>
      share.abort(new ConnectionError(`no answer from ${whereOf(server)} in time`)),
    )
    try {
      return await this.one(server, events, AbortSignal.any([signal, share.signal]))
    } finally {
      timer.cancel()
    }
  }
}
