import type { AdapterContext } from '../../core/adapter.js'
import type { Timer } from '../../core/clock.js'
import { ConnectionError } from '../../core/errors.js'
import { whereOf } from './client/address.js'
import type { Connection, ConnectionEvents } from './client/connection.js'
import type { Dialer } from './client/dialer.js'
import { notConnected } from './client/failures.js'
import { RefusedSubjects } from './client/refused-subjects.js'
import { Requests } from './client/requests.js'
import type { ServerInfo } from './client/server-info.js'
import { LocalConsumers } from './local-consumers.js'
import type { NatsConfig } from './manifest.js'
import type { UndeliveredCounts } from './undelivered-counts.js'

/** What is under way when the server announces its end may take this long: half of what the server allows by default. */
const LAME_DUCK_MS = 5_000
const LOOK_MS = 50

/** The present connections. @throws ConnectionError when there is none */
export type CurrentConnections = () => ConnectionSet

/** Connections that are opened on first use. */
export type Role = 'subscriber' | 'server'

/** What a set of connections works with. */
export interface ConnectionSetDependencies {
  readonly context: AdapterContext
  readonly config: NatsConfig
  readonly dialer: Dialer
  readonly counts: UndeliveredCounts
  /** Called once, unless `close` was called first. */
  onLost(set: ConnectionSet, error: ConnectionError): void
}

/**
 * What the facets work with: a main connection that publishes, calls and consumes queues, and is always read; and, on
 * first use, separate connections to the same server for subscriptions and for methods that are served, which are not
 * read while their receivers are full. The end of the main connection ends all; a server that cuts another one, as a
 * slow consumer say, ends only what that one carried.
 */
export class ConnectionSet {
  readonly main: Connection
  readonly requests: Requests
  readonly consumers = new LocalConsumers()
  /** Subjects that the server has refused to take messages for. */
  readonly refused: RefusedSubjects
  readonly #parts: ConnectionSetDependencies
  readonly #others = new Map<Role, Promise<Connection>>()
  readonly #ended = new AbortController()
  #leaving: Timer | undefined
  #closing: Promise<void> | undefined

  private constructor(parts: ConnectionSetDependencies, main: Connection) {
    const { context, config } = parts
    this.#parts = parts
    this.main = main
    this.requests = new Requests(main, context.clock, context.random, config.inbox_prefix)
    this.refused = new RefusedSubjects(context.clock)
  }

  /** @throws ConnectionError, AuthError */
  static async open(parts: ConnectionSetDependencies, signal: AbortSignal): Promise<ConnectionSet> {
    let set: ConnectionSet | undefined
    const events: ConnectionEvents = {
      lost: (error) => set?.lose(error),
      informed: (info) => set?.informed(info),
      publishRefused: (subject, text) => set?.publishRefused(subject, text),
    }
    const main = await parts.dialer.any(events, signal)
    set = new ConnectionSet(parts, main)
    set.informed(main.info)
    return set
  }

  /** Aborts when the connections end, for whatever reason. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** The connection of that role. @throws ConnectionError, AuthError */
  connection(role: Role): Promise<Connection> {
    const known = this.#others.get(role)
    if (known !== undefined) return known
    const events: ConnectionEvents = {
      lost: (error) => this.#roleLost(role, opening, error),
      informed: (info) => this.informed(info),
      publishRefused: (subject, text) => this.publishRefused(subject, text),
    }
    const opening = this.#parts.dialer.one(this.main.server, events, this.#ended.signal)
    this.#others.set(role, opening)
    opening.catch(() => this.#others.delete(role))
    return opening
  }

  /** A round trip over each connection that is read. @throws ConnectionError */
  async ping(): Promise<void> {
    const others = [...this.#others.values()].map(async (opening) => {
      const connection = await opening
      if (!connection.gate.paused) await connection.ping()
    })
    await Promise.all([this.main.ping(), ...others])
  }

  lose(error: ConnectionError): void {
    if (this.#ended.signal.aborted) return
    this.#end(error)
    this.consumers.abandon()
    this.#parts.dialer.pool.postpone(this.main.server)
    void this.#closeConnections(error)
    this.#parts.onLost(this, error)
  }

  /** Gives back what is in hand and ends it. Never throws; idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#leaving?.cancel()
    await this.consumers.end()
    if (this.#ended.signal.aborted) return
    this.#end(notConnected())
    await this.#closeConnections()
  }

  #end(error: ConnectionError): void {
    this.#leaving?.cancel()
    this.#ended.abort(error)
    this.requests.close(error)
  }

  async #closeConnections(lost?: ConnectionError): Promise<void> {
    const others = [...this.#others.values()].map((opening) =>
      opening.then(
        (connection) => connection.close(lost),
        () => {},
      ),
    )
    await Promise.all([this.main.close(lost), ...others])
  }

  #roleLost(role: Role, lost: Promise<Connection>, error: ConnectionError): void {
    if (this.#others.get(role) === lost) this.#others.delete(role)
    this.#parts.context.log({ level: 'warn', message: `the ${role} connection was lost: ${error.message}` })
  }

  informed(info: ServerInfo): void {
    const { config, dialer, context } = this.#parts
    if (config.discover) dialer.pool.discovered(info.connectUrls, this.main.server)
    if (!info.lameDuck || this.#leaving !== undefined || this.#ended.signal.aborted) return
    dialer.pool.postpone(this.main.server)
    this.consumers.pause()
    this.#leave(context.clock.monotonic() + LAME_DUCK_MS)
  }

  publishRefused(subject: string, text: string): void {
    if (this.#parts.counts.refused(subject)) return
    this.refused.add(subject, text)
    this.requests.refused(subject, text)
    this.#parts.context.log({ level: 'warn', message: `the server refused a message: ${text}` })
  }

  /** Leaves a server that is about to end, once what is under way is done. */
  #leave(end: number): void {
    const { clock } = this.#parts.context
    const ready = (this.requests.size === 0 && this.consumers.inHand === 0) || clock.monotonic() >= end
    this.#leaving = clock.setTimer(ready ? 0 : LOOK_MS, () => {
      if (!ready) return this.#leave(end)
      this.lose(new ConnectionError(`${whereOf(this.main.server)} is about to end (lame duck mode)`))
    })
  }
}
