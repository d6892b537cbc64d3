import type { AdapterContext } from '../../core/adapter.js'
import type { Timer } from '../../core/clock.js'
import { ConnectionError } from '../../core/errors.js'
import { whereOf } from './address.js'
import type { Dialer } from './dialer.js'
import { notConnected } from './failures.js'
import type { Link, LinkEvents } from './link.js'
import type { NatsConfig } from './manifest.js'
import { Requests } from './requests.js'
import type { ServerInfo } from './server-info.js'

/** Requests under way when their server says that it is about to end may take this long. */
const LAME_DUCK_MS = 2_000
const LOOK_MS = 50

/** The present connection. @throws ConnectionError when there is none */
export type CurrentConnection = () => Connection

/** The parts of a connection that are opened on first use. */
export type Role = 'subscriber' | 'server'

/**
 * What the facets work with: a link that publishes, calls and consumes queues, and is read whatever happens; and,
 * on first use, links of their own to the same server for subscriptions and for methods that are served, which are
 * not read while their receivers are full. They stand and fall together.
 */
export class Connection {
  readonly main: Link
  readonly requests: Requests
  readonly #context: AdapterContext
  readonly #config: NatsConfig
  readonly #dialer: Dialer
  readonly #onLost: (connection: Connection, error: ConnectionError) => void
  readonly #links = new Map<Role, Promise<Link>>()
  readonly #ended = new AbortController()
  #leaving: Timer | undefined

  private constructor(
    context: AdapterContext,
    config: NatsConfig,
    dialer: Dialer,
    onLost: (connection: Connection, error: ConnectionError) => void,
    main: Link,
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
    onLost: (connection: Connection, error: ConnectionError) => void,
    signal: AbortSignal,
  ): Promise<Connection> {
    let connection: Connection | undefined
    const events: LinkEvents = {
      lost: (error) => connection?.lose(error),
      informed: (info) => connection?.informed(info),
      publishRefused: (subject, text) => connection?.publishRefused(subject, text),
    }
    const main = await dialer.any(events, signal)
    connection = new Connection(context, config, dialer, onLost, main)
    connection.informed(main.info)
    return connection
  }

  /** Aborts when the connection ends, for whatever reason. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** The link of that role. @throws ConnectionError, AuthError */
  link(role: Role): Promise<Link> {
    const known = this.#links.get(role)
    if (known !== undefined) return known
    const events: LinkEvents = {
      lost: (error) => this.lose(error),
      informed: (info) => this.informed(info),
      publishRefused: (subject, text) => this.publishRefused(subject, text),
    }
    const opening = this.#dialer.one(this.main.server, events, this.#ended.signal)
    this.#links.set(role, opening)
    opening.catch(() => this.#links.delete(role))
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
    void this.#closeLinks()
    this.#onLost(this, error)
  }

  /** Ends it; never throws; idempotent. */
  async close(): Promise<void> {
    if (this.#ended.signal.aborted) return
    this.#end(notConnected())
    await this.#closeLinks()
  }

  #end(error: ConnectionError): void {
    this.#leaving?.cancel()
    this.#ended.abort(error)
    this.requests.close(error)
  }

  async #closeLinks(): Promise<void> {
    const others = [...this.#links.values()].map((opening) =>
      opening.then(
        (link) => link.close(),
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
