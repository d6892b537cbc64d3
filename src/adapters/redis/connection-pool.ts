import { sharedController, sharedSignal } from '../../core/abort.js'
import type { Clock } from '../../core/clock.js'
import { ConnectionError } from '../../core/errors/connection.js'
import { IntegrationError } from '../../core/errors/integration-error.js'
import type { PoolFigures } from '../../core/status.js'
import { cutOff, unsent } from '../cut-off.js'
import { ClusterCommands } from './cluster.js'
import { type Commands, redirectOf } from './commands.js'
import type { Argument, RedisConnection, Reply } from './connection.js'
import type { Dialer } from './dialer.js'
import { redirectAddress, type ServerAddress } from './endpoint.js'
import { commandFailure, type Failure, isReplyError, isUnsent } from './failures.js'
import type { RedisConfig } from './manifest.js'

/** Deadline for opening a further connection, in milliseconds. */
const OPEN_MS = 10_000

/** What a connection is used for. */
export interface Purpose {
  /** Shown in CLIENT LIST behind the client id. */
  readonly role: string
  /** Named in the error if the connection cannot be opened. */
  readonly what: string
  /** Called when this connection is lost. Without it, the loss of this connection closes the whole pool. */
  readonly onLost?: (error: IntegrationError) => void
}

/**
 * The connections of one life of the adapter: one for commands (in a cluster, one for each server), and one for each
 * user that would block commands. The loss of one closes them all and the actor connects again, except where the
 * purpose has an `onLost`.
 */
export class ConnectionPool implements Commands {
  readonly #dialer: Dialer
  readonly #config: RedisConfig
  readonly #clock: Clock
  readonly #onLost: (pool: ConnectionPool, error: IntegrationError) => void
  readonly #connections = new Set<RedisConnection>()
  readonly #closing = sharedController()
  readonly #onEnd = new Set<() => void>()
  #opening = 0
  #address!: ServerAddress
  #main!: RedisConnection
  #cluster: ClusterCommands | undefined
  #ended: IntegrationError | undefined

  private constructor(
    dialer: Dialer,
    config: RedisConfig,
    clock: Clock,
    onLost: (pool: ConnectionPool, error: IntegrationError) => void,
  ) {
    this.#dialer = dialer
    this.#config = config
    this.#clock = clock
    this.#onLost = onLost
  }

  /**
   * Connects to the next address.
   * @param onLost called at most once, when the pool ends because a connection was lost
   * @throws ConnectionError, AuthError
   */
  static async open(
    dialer: Dialer,
    config: RedisConfig,
    clock: Clock,
    signal: AbortSignal,
    onLost: (pool: ConnectionPool, error: IntegrationError) => void,
  ): Promise<ConnectionPool> {
    const pool = new ConnectionPool(dialer, config, clock, onLost)
    try {
      pool.#address = await dialer.locate(signal)
      pool.#main = await pool.#connect(pool.#address, COMMANDS, signal)
      if (config.cluster)
        pool.#cluster = new ClusterCommands(pool.#main, pool.#address, (address) =>
          pool.connect(COMMANDS, address),
        )
      return pool
    } catch (error) {
      pool.close()
      throw error
    }
  }

  /** Why the pool has ended, or undefined while it is open. */
  get ended(): IntegrationError | undefined {
    return this.#ended
  }

  send(key: string | undefined, name: string, args: readonly Argument[]): Promise<Reply> {
    return this.#cluster === undefined ? this.#main.send(name, args) : this.#cluster.send(key, name, args)
  }

  /**
   * Opens another connection to the server that holds `key`.
   * @throws ConnectionError, also when `pool_size` connections are open
   */
  dedicated(purpose: Purpose, key?: string): Promise<RedisConnection> {
    return this.connect(purpose, this.#cluster?.owner(key) ?? this.#address)
  }

  /** Opens another connection to a server. @throws ConnectionError, AuthError */
  async connect(purpose: Purpose, address: ServerAddress): Promise<RedisConnection> {
    const { pool_size } = this.#config
    if (this.#ended !== undefined) throw this.#ended
    if (this.#connections.size + this.#opening >= pool_size)
      throw new ConnectionError(
        `pool_size (${pool_size}) reached: cannot open a connection for ${purpose.what}; raise config.pool_size`,
        { retryable: false, notExecuted: true, fault: 'local' },
      )
    const abort = sharedController()
    const timer = this.#clock.setTimer(
      OPEN_MS,
      () =>
        abort.abort(
          new ConnectionError(`opening a connection for ${purpose.what} took longer than ${OPEN_MS} ms`),
        ),
      { background: true },
    )
    try {
      return await this.#connect(address, purpose, sharedSignal([abort.signal, this.#closing.signal]))
    } finally {
      timer.cancel()
    }
  }

  /**
   * Returns the server to which an error reply redirects, and records it as the owner of `key`. @returns undefined if
   * the error does not redirect
   */
  redirected(key: string, error: unknown): ServerAddress | undefined {
    const redirect = redirectOf(error)
    const address = redirect && redirectAddress(redirect.address, this.#address)
    if (address !== undefined) this.#cluster?.moved(key, address)
    return address
  }

  /** Closes a connection that `dedicated` or `connect` opened. */
  discard(connection: RedisConnection): void {
    this.#connections.delete(connection)
    connection.close()
  }

  /** Calls `task` once when the pool ends for any reason, or at once if it has ended. @returns removes the task */
  whenEnded(task: () => void): () => void {
    if (this.#closing.signal.aborted) task()
    else this.#onEnd.add(task)
    return () => this.#onEnd.delete(task)
  }

  /** Returns how many connections are open. */
  figures(): PoolFigures {
    const size = this.#connections.size
    return { size, idle: 0, inUse: size, pending: this.#opening, max: this.#config.pool_size }
  }

  /**
   * Translates the rejection of a command. If the server can no longer serve us (for example a master that became a
   * replica), the pool ends as if the connection was lost.
   */
  failure(error: unknown, make: Failure): IntegrationError {
    const failure = this.#cutOff(error) ?? commandFailure(error, make)
    // End the pool before the caller sees the error: otherwise a retry would use the same connection.
    if (failure instanceof ConnectionError && failure.fault !== 'local' && failure !== error)
      this.#lose(failure)
    return failure
  }

  /** Returns the error of a command that has no reply because its connection ended, if the reason is known. */
  #cutOff(error: unknown): ConnectionError | undefined {
    if (isReplyError(error) || error instanceof IntegrationError) return undefined
    const loss = this.#ended ?? this.#fault()
    if (loss === undefined) return undefined
    return isUnsent(error) ? unsent(loss) : cutOff(loss)
  }

  #fault(): IntegrationError | undefined {
    for (const connection of this.#connections) if (connection.fault !== undefined) return connection.fault
    return undefined
  }

  /** Closes all connections without calling `onLost`. Never throws; idempotent. */
  close(): void {
    this.#end(new ConnectionError('disconnected'))
  }

  async #connect(
    address: ServerAddress,
    { role, onLost }: Purpose,
    signal: AbortSignal,
  ): Promise<RedisConnection> {
    this.#opening++
    try {
      const connection: RedisConnection = await this.#dialer.open(address, role, signal, (error) => {
        if (!this.#connections.has(connection)) return
        if (onLost === undefined) return this.#lose(error)
        this.#connections.delete(connection)
        onLost(error)
      })
      if (connection.closed || this.#closing.signal.aborted) {
        connection.close()
        throw this.#ended ?? new ConnectionError(`${connection.where} closed the connection`)
      }
      this.#connections.add(connection)
      return connection
    } finally {
      this.#opening--
    }
  }

  /** @param error may describe the command that found the loss, which the other commands must not inherit */
  #lose(error: IntegrationError): void {
    if (this.#ended !== undefined) return
    const loss = error instanceof ConnectionError ? cutOff(error) : error
    this.#end(loss)
    this.#onLost(this, loss)
  }

  #end(error: IntegrationError): void {
    if (this.#ended !== undefined) return
    this.#ended = error
    this.#closing.abort(error)
    for (const connection of this.#connections) connection.close()
    this.#connections.clear()
    const tasks = [...this.#onEnd]
    this.#onEnd.clear()
    for (const task of tasks) task()
  }
}

const COMMANDS: Purpose = { role: 'commands', what: 'commands' }
