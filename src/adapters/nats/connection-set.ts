import type { AdapterContext } from '../../core/adapter.js'
import type { Timer } from '../../core/clock.js'
import { ConnectionError } from '../../core/errors.js'
import { whereOf } from './client/address.js'
import type { Connection, ConnectionEvents } from './client/connection.js'
import type { Dialer } from './client/dialer.js'
import { notConnected } from './client/failures.js'
import { Requests } from './client/requests.js'
import type { ServerInfo } from './client/server-info.js'
import type { NatsConfig } from './manifest.js'

/** Requests under way when their server says that it is about to end may take this long. */
const LAME_DUCK_MS = 2_000
const LOOK_MS = 50

/** The present connections. @throws ConnectionError when there is none */
export type CurrentConnections = () => ConnectionSet

/** Connections that are opened on first use. */
export type Role = 'subscriber' | 'server'

/**
 * What the facets work with: a connection that publishes, calls and consumes queues, and is read whatever happens; and,
 * on first use, separate connections to the same server for subscriptions and for methods that are served, which are
 * not read while their receivers are full. They stand and fall together.
 */
export class ConnectionSet {
  readonly main: Connection
  readonly requests: Requests
  readonly #context: AdapterContext
  readonly #config: NatsConfig
  readonly #dialer: Dialer
  readonly #onLost: (set: ConnectionSet, error: ConnectionError) => void
  readonly #connections = new Map<Role, Promise<Connection>>()
  readonly #ended = new AbortController()
  #leaving: Timer | undefined

  private constructor(
    context: AdapterContext,
    config: NatsConfig,
    dialer: Dialer,
    onLost: (set: ConnectionSet, error: ConnectionError) => void,
    main: Connection,
  ) {
    this.#context = context
    this.#config = config
    this.#dialer = dialer
    this.#onLost = onLost
    this.main = main
    this.requests = new Requests(main, context.clock, config.inbox_prefix)
  }

  /** @param onLost is called once, unless `close` was called first. @throws ConnectionError, AuthError */
  static async open(
    context: AdapterContext,
    config: NatsConfig,
    dialer: Dialer,
    onLost: (set: ConnectionSet, error: ConnectionError) => void,
    signal: AbortSignal,
  ): Promise<ConnectionSet> {
    let set: ConnectionSet | undefined
    const events: ConnectionEvents = {
      lost: (error) => set?.lose(error),
      informed: (info) => set?.informed(info),
      publishRefused: (subject, text) => set?.publishRefused(subject, text),
    }
    const main = await dialer.any(events, signal)
    set = new ConnectionSet(context, config, dialer, onLost, main)
    set.informed(main.info)
    return set
  }

  /** Aborts when the connections end, for whatever reason. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** The connection of that role. @throws ConnectionError, AuthError */
  connection(role: Role): Promise<Connection> {
    const known = this.#connections.get(role)
    if (known !== undefined) return known
    const events: ConnectionEvents = {
      lost: (error) => this.lose(error),
      informed: (info) => this.informed(info),
      publishRefused: (subject, text) => this.publishRefused(subject, text),
    }
    const opening = this.#dialer.one(this.main.server, events, this.#ended.signal)
    this.#connections.set(role, opening)
    opening.catch(() => this.#connections.delete(role))
    return opening
  }

  informed(info: ServerInfo): void {
    const { pool } = this.#dialer
    if (this.#config.discover) pool.discovered(info.connectUrls, this.main.server)
    if (!info.lameDuck || this.#leaving !== undefined) return
    pool.postpone(this.main.server)
    this.#leave(this.#context.clock.monotonic() + LAME_DUCK_MS)
  }

  publishRefused(subject: string, text: string): void {
    this.requests.refused(subject, text)
    this.#context.log({ level: 'warn', message: `the server refused a message: ${text}` })
  }

  lose(error: ConnectionError): void {
    if (this.#ended.signal.aborted) return
    this.#end(error)
    this.#dialer.pool.postpone(this.main.server)
    void this.#closeConnections()
    this.#onLost(this, error)
  }

  /** Ends it; never throws; idempotent. */
  async close(): Promise<void> {
    if (this.#ended.signal.aborted) return
    this.#end(notConnected())
    await this.#closeConnections()
  }

  #end(error: ConnectionError): void {
    this.#leaving?.cancel()
    this.#ended.abort(error)
    this.requests.close(error)
  }

  async #closeConnections(): Promise<void> {
    const others = [...this.#connections.values()].map((opening) =>
      opening.then(
        (connection) => connection.close(),
        () => {},
      ),
    )
    await Promise.all([this.main.close(), ...others])
  }

  /** Leaves a server that is about to end, once the requests under way are answered. */
  #leave(end: number): void {
    const { clock } = this.#context
    const ready = this.requests.size === 0 || clock.monotonic() >= end
    this.#leaving = clock.setTimer(ready ? 0 : LOOK_MS, () => {
      if (!ready) return this.#leave(end)
      this.lose(new ConnectionError(`${whereOf(this.main.server)} is about to end (lame duck mode)`))
    })
  }
}
