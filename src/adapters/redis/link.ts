import type { Clock } from '../../core/clock.js'
import { ConnectionError, type IntegrationError } from '../../core/errors.js'
import { ClusterCommands } from './cluster.js'
import { type Commands, redirectOf } from './commands.js'
import type { Dialer } from './dialer.js'
import { redirectAddress, type ServerAddress } from './endpoint.js'
import { commandFailure, type Failure, isReplyError } from './failures.js'
import type { RedisConfig } from './manifest.js'
import type { Argument, Reply, Wire } from './wire.js'

/** Opening another connection while the first one stands takes no longer, in milliseconds. */
const OPEN_MS = 10_000

/**
 * All connections that the actor knows as one: one for commands (in a cluster, one for each server), and others
 * for what would hold commands up, opened on demand. If one of them is lost, all are: the actor connects anew.
 */
export class Link implements Commands {
  readonly #dialer: Dialer
  readonly #config: RedisConfig
  readonly #clock: Clock
  readonly #onLost: (link: Link, error: IntegrationError) => void
  readonly #wires = new Set<Wire>()
  readonly #closing = new AbortController()
  readonly #onEnd: (() => void)[] = []
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
      link.#main = await link.#connect(link.#address, 'commands', signal)
      if (config.cluster)
        link.#cluster = new ClusterCommands(link.#main, link.#address, (address) =>
          link.connect('commands', address),
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
   * Opens a connection of its own for a role, to the server that has `key`.
   * @throws ConnectionError, also when `pool_size` connections are open
   */
  dedicated(role: string, key?: string): Promise<Wire> {
    return this.connect(role, this.#cluster?.owner(key) ?? this.#address)
  }

  /** Opens one more connection. @throws ConnectionError, AuthError */
  async connect(role: string, address: ServerAddress): Promise<Wire> {
    const { pool_size } = this.#config
    if (this.#wires.size + this.#opening >= pool_size)
      throw new ConnectionError(
        `${pool_size} connections are open, which is the pool_size: ${role} needs another`,
        {
          retryable: false,
        },
      )
    const abort = new AbortController()
    const timer = this.#clock.setTimer(
      OPEN_MS,
      () => abort.abort(new ConnectionError(`no connection for ${role} in ${OPEN_MS} ms`)),
      { background: true },
    )
    try {
      return await this.#connect(address, role, AbortSignal.any([abort.signal, this.#closing.signal]))
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

  /** Calls `task` when it has ended, however that comes; at once if it has. */
  whenEnded(task: () => void): void {
    if (this.#closing.signal.aborted) task()
    else this.#onEnd.push(task)
  }

  /**
   * Translates what a command was rejected with. A server that cannot serve us any more (a master that became a
   * replica, say) is left, as if the connection was lost.
   */
  failure(error: unknown, make: Failure): IntegrationError {
    const fault = isReplyError(error) ? undefined : (this.#ended ?? this.#fault())
    const failure = commandFailure(fault ?? error, make)
    // Whoever hears of it must find the connection lost already, or would try again over the same one.
    if (failure instanceof ConnectionError && failure !== error) this.#lose(failure)
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

  async #connect(address: ServerAddress, role: string, signal: AbortSignal): Promise<Wire> {
    this.#opening++
    try {
      const wire: Wire = await this.#dialer.open(address, role, signal, (error) => {
        if (this.#wires.has(wire)) this.#lose(error)
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
    for (const task of this.#onEnd.splice(0)) task()
  }
}

/** Gives the connection that is there. @throws ConnectionError when there is none */
export type CurrentLink = () => Link
