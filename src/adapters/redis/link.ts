import type { Clock } from '../../core/clock.js'
import { ConnectionError, type IntegrationError } from '../../core/errors.js'
import type { PoolFigures } from '../../core/status.js'
import { ClusterCommands } from './cluster.js'
import { type Commands, redirectOf } from './commands.js'
import type { Dialer } from './dialer.js'
import { redirectAddress, type ServerAddress } from './endpoint.js'
import { commandFailure, type Failure, isReplyError, isUnsent } from './failures.js'
import type { RedisConfig } from './manifest.js'
import type { Argument, Reply, Wire } from './wire.js'

/** Opening another connection while the first one is open takes no longer, in milliseconds. */
const OPEN_MS = 10_000

/** What another connection is for. */
export interface Purpose {
  /** What CLIENT LIST shows beside our name. */
  readonly role: string
  /** What it is needed for, in an error. */
  readonly what: string
  /** Its loss concerns this listener alone. Without one, all connections count as lost. */
  readonly onLost?: (error: IntegrationError) => void
}

/**
 * All connections that the actor knows as one: one for commands (in a cluster, one for each server), and others
 * for what would hold commands up, opened on demand. If one of them is lost, all are, unless its purpose has an
 * `onLost`: the actor connects again.
 */
export class Link implements Commands {
  readonly #dialer: Dialer
  readonly #config: RedisConfig
  readonly #clock: Clock
  readonly #onLost: (link: Link, error: IntegrationError) => void
  readonly #wires = new Set<Wire>()
  readonly #closing = new AbortController()
  readonly #onEnd = new Set<() => void>()
  #opening = 0
  #address!: ServerAddress
  #main!: Wire
  #cluster: ClusterCommands | undefined
  #ended: IntegrationError | undefined

  private constructor(
    dialer: Dialer,
    config: RedisConfig,
    clock: Clock,
    onLost: (link: Link, error: IntegrationError) => void,
  ) {
    this.#dialer = dialer
    this.#config = config
    this.#clock = clock
    this.#onLost = onLost
  }

  /**
   * Connects to the next address.
   * @param onLost called once at most, when it ends by itself
   * @throws ConnectionError, AuthError
   */
  static async open(
    dialer: Dialer,
    config: RedisConfig,
    clock: Clock,
    signal: AbortSignal,
    onLost: (link: Link, error: IntegrationError) => void,
  ): Promise<Link> {
    const link = new Link(dialer, config, clock, onLost)
    try {
      link.#address = await dialer.locate(signal)
      link.#main = await link.#connect(link.#address, COMMANDS, signal)
      if (config.cluster)
        link.#cluster = new ClusterCommands(link.#main, link.#address, (address) =>
          link.connect(COMMANDS, address),
        )
      return link
    } catch (error) {
      link.close()
      throw error
    }
  }

  /** Why it has ended, if it has. */
  get ended(): IntegrationError | undefined {
    return this.#ended
  }

  send(key: string | undefined, name: string, args: readonly Argument[]): Promise<Reply> {
    return this.#cluster === undefined ? this.#main.send(name, args) : this.#cluster.send(key, name, args)
  }

  /**
   * Opens another connection to the server that has `key`.
   * @throws ConnectionError, also when `pool_size` connections are open
   */
  dedicated(purpose: Purpose, key?: string): Promise<Wire> {
    return this.connect(purpose, this.#cluster?.owner(key) ?? this.#address)
  }

  /** Opens one more connection. @throws ConnectionError, AuthError */
  async connect(purpose: Purpose, address: ServerAddress): Promise<Wire> {
    const { pool_size } = this.#config
    if (this.#ended !== undefined) throw this.#ended
    if (this.#wires.size + this.#opening >= pool_size)
      throw new ConnectionError(
        `pool_size (${pool_size}) reached: cannot open a connection for ${purpose.what}; raise config.pool_size`,
        { retryable: false, notExecuted: true, fault: 'local' },
      )
    const abort = new AbortController()
    const timer = this.#clock.setTimer(
      OPEN_MS,
      () => abort.abort(new ConnectionError(`no connection for ${purpose.what} in ${OPEN_MS} ms`)),
      { background: true },
    )
    try {
      return await this.#connect(address, purpose, AbortSignal.any([abort.signal, this.#closing.signal]))
    } finally {
      timer.cancel()
    }
  }

  /** The server that a reply says has `key`, if it redirects; remembered. */
  redirected(key: string, error: unknown): ServerAddress | undefined {
    const redirect = redirectOf(error)
    const address = redirect && redirectAddress(redirect.address, this.#address)
    if (address !== undefined) this.#cluster?.moved(key, address)
    return address
  }

  /** Ends one of the connections that `dedicated` gave. */
  discard(wire: Wire): void {
    this.#wires.delete(wire)
    wire.close()
  }

  /** Calls `task` when it has ended, however that comes; at once if it has. @returns forgets the task */
  whenEnded(task: () => void): () => void {
    if (this.#closing.signal.aborted) task()
    else this.#onEnd.add(task)
    return () => this.#onEnd.delete(task)
  }

  /** How many connections there are. */
  figures(): PoolFigures {
    const size = this.#wires.size
    return { size, idle: 0, inUse: size, pending: this.#opening, max: this.#config.pool_size }
  }

  /**
   * Translates what a command was rejected with. A server that cannot serve us any more (a master that became a
   * replica, say) is left, as if the connection was lost.
   */
  failure(error: unknown, make: Failure): IntegrationError {
    const fault = isReplyError(error) ? undefined : (this.#ended ?? this.#fault())
    const known = isUnsent(error) ? unsent(fault) : fault
    const failure = commandFailure(known ?? error, make)
    // The connection must be lost before the caller hears of it, or the caller tries again over the same one.
    if (failure instanceof ConnectionError && failure.fault !== 'local' && failure !== error)
      this.#lose(failure)
    return failure
  }

  #fault(): Error | undefined {
    for (const wire of this.#wires) if (wire.fault !== undefined) return wire.fault
    return undefined
  }

  /** Ends all of it; never throws; idempotent; `onLost` is not called afterwards. */
  close(): void {
    this.#end(new ConnectionError('disconnected'))
  }

  async #connect(address: ServerAddress, { role, onLost }: Purpose, signal: AbortSignal): Promise<Wire> {
    this.#opening++
    try {
      const wire: Wire = await this.#dialer.open(address, role, signal, (error) => {
        if (!this.#wires.has(wire)) return
        if (onLost === undefined) return this.#lose(error)
        this.#wires.delete(wire)
        onLost(error)
      })
      if (wire.closed || this.#closing.signal.aborted) {
        wire.close()
        throw this.#ended ?? new ConnectionError(`${wire.where} closed the connection`)
      }
      this.#wires.add(wire)
      return wire
    } finally {
      this.#opening--
    }
  }

  #lose(error: IntegrationError): void {
    if (this.#ended !== undefined) return
    this.#end(error)
    this.#onLost(this, error)
  }

  #end(error: IntegrationError): void {
    if (this.#ended !== undefined) return
    this.#ended = error
    this.#closing.abort(error)
    for (const wire of this.#wires) wire.close()
    this.#wires.clear()
    const tasks = [...this.#onEnd]
    this.#onEnd.clear()
    for (const task of tasks) task()
  }
}

const COMMANDS: Purpose = { role: 'commands', what: 'commands' }

/** The same loss, for a command of which nothing was written. */
function unsent(fault: Error | undefined): ConnectionError {
  return new ConnectionError(fault?.message ?? 'the connection was lost', { cause: fault, notExecuted: true })
}
