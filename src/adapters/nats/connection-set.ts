import { sharedController } from '../../core/abort.js'
import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import type { Timer } from '../../core/clock.js'
import { ConnectionError } from '../../core/errors/connection.js'
import { whereOf } from './client/address.js'
import type { Connection, ConnectionEvents } from './client/connection.js'
import type { Dialer } from './client/dialer.js'
import { notConnected } from './client/failures.js'
import { RefusedSubjects } from './client/refused-subjects.js'
import { Requests } from './client/requests.js'
import type { ServerInfo } from './client/server-info.js'
import { GatedReading } from './gated-reading.js'
import { LocalConsumers } from './local-consumers.js'
import type { NatsConfig } from './manifest.js'
import type { UndeliveredCounts } from './undelivered-counts.js'

/**
 * How long operations in flight may take after the server announces its shutdown, in milliseconds: half of the server's
 * default grace period.
 */
const LAME_DUCK_MS = 5_000
/** Interval at which the operations in flight are checked, in milliseconds. */
const CHECK_MS = 50

/** Returns the current connections. @throws ConnectionError if not connected */
export type CurrentConnections = () => ConnectionSet

/** Connections that are opened on first use. */
export type Role = 'subscriber' | 'server'

/** What a set of connections needs. */
export interface ConnectionSetDependencies {
  readonly context: AdapterContext
  readonly config: NatsConfig
  readonly dialer: Dialer
  readonly counts: UndeliveredCounts
  /** Called at most once, and not after `close`. */
  onLost(set: ConnectionSet, error: ConnectionError): void
}

/**
 * The connections of one life of the adapter: a main one, whose loss ends the set, and one each for subscriptions and
 * for served methods, opened on first use. Those are paused while their sinks are full, and the server may close them
 * as slow consumers, so their loss ends only what they carried.
 */
export class ConnectionSet {
  readonly main: Connection
  readonly requests: Requests
  readonly consumers = new LocalConsumers()
  /** Subjects that the server does not permit us to publish to. */
  readonly refused: RefusedSubjects
  readonly #dependencies: ConnectionSetDependencies
  readonly #others = new Map<Role, Promise<Connection>>()
  readonly #ended = sharedController()
  /** Ends the pauses of the main connection for the memory of answers. */
  readonly #detach: () => void
  #leaving: Timer | undefined
  #closing: Promise<void> | undefined

  private constructor(dependencies: ConnectionSetDependencies, main: Connection) {
    const { context, config } = dependencies
    this.#dependencies = dependencies
    this.main = main
    this.requests = new Requests(main, context.clock, context.random, config.inbox_prefix)
    this.#detach = context.answers.attach(new GatedReading(main.gate))
    this.refused = new RefusedSubjects(context.clock)
  }

  /** Opens the main connection. @throws ConnectionError, AuthError */
  static async open(dependencies: ConnectionSetDependencies, signal: AbortSignal): Promise<ConnectionSet> {
    let set: ConnectionSet | undefined
    const events: ConnectionEvents = {
      lost: (error) => set?.lose(error),
      informed: (info) => set?.informed(info),
      publishRefused: (subject, text) => set?.publishRefused(subject, text),
    }
    const main = await dependencies.dialer.any(events, signal)
    set = new ConnectionSet(dependencies, main)
    set.informed(main.info)
    return set
  }

  /** Aborts when the connections end for any reason. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** Returns the connection for a role; opens it on first use. @throws ConnectionError, AuthError */
  connection(role: Role): Promise<Connection> {
    const known = this.#others.get(role)
    if (known !== undefined) return known
    const events: ConnectionEvents = {
      lost: (error) => this.#roleLost(role, opening, error),
      informed: (info) => this.informed(info),
      publishRefused: (subject, text) => this.publishRefused(subject, text),
    }
    const opening = this.#dependencies.dialer.one(this.main.server, events, this.#ended.signal)
    this.#others.set(role, opening)
    opening.catch(() => this.#others.delete(role))
    return opening
  }

  /** Sends PING on each connection that is being read, and waits for the answers. @throws ConnectionError */
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
    this.consumers.connectionLost()
    this.#dependencies.dialer.pool.postpone(this.main.server)
    void this.#closeConnections(error)
    this.#dependencies.onLost(this, error)
  }

  /** Gives back all messages in hand and closes the connections. Never throws; idempotent. */
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
    this.#detach()
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
    this.#dependencies.context.log({
      level: 'warn',
      message: `lost the ${role} connection: ${error.message}`,
    })
  }

  informed(info: ServerInfo): void {
    const { config, dialer, context } = this.#dependencies
    if (config.discover) dialer.pool.discovered(info.connectUrls, this.main.server)
    if (!info.lameDuck || this.#leaving !== undefined || this.#ended.signal.aborted) return
    dialer.pool.postpone(this.main.server)
    this.consumers.pause()
    this.#leave(context.clock.monotonic() + LAME_DUCK_MS)
  }

  publishRefused(subject: string, text: string): void {
    if (this.#dependencies.counts.refused(subject)) return
    this.refused.add(subject, text)
    this.requests.refused(subject, text)
    this.#dependencies.context.log({ level: 'warn', message: `the server refused a publish: ${text}` })
  }

  /** Leaves a server that is shutting down once the operations in flight are done, or at `end`. */
  #leave(end: number): void {
    const { clock } = this.#dependencies.context
    const ready = (this.requests.size === 0 && this.consumers.inHand === 0) || clock.monotonic() >= end
    this.#leaving = clock.setTimer(ready ? 0 : CHECK_MS, () => {
      if (!ready) return this.#leave(end)
      this.lose(new ConnectionError(`${whereOf(this.main.server)} is shutting down (lame duck mode)`))
    })
  }
}
