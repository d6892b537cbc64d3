import type { Clock } from '../../core/clock.js'
import type { Argument, RedisConnection, Reply } from './connection.js'
import type { ConnectionPool, Purpose } from './connection-pool.js'
import type { ServerAddress } from './endpoint.js'

/** Delay before CLIENT UNBLOCK is repeated, in milliseconds: the server may not have started the blocking read yet. */
const AGAIN_MS = 10

/**
 * A connection that carries one blocking read at a time. The read ends when entries arrive, when its time-out passes,
 * or when it is interrupted.
 */
export class BlockingConnection {
  readonly #pool: ConnectionPool
  readonly #clock: Clock
  readonly #purpose: Purpose
  #connection: RedisConnection | undefined
  #opening: Promise<void> | undefined
  #clientId: number | undefined
  /** A key of the read in flight: in a cluster it selects the server that receives CLIENT UNBLOCK. */
  #key: string | undefined
  #reading = false
  #interrupting = false

  constructor(pool: ConnectionPool, clock: Clock, purpose: Purpose) {
    this.#pool = pool
    this.#clock = clock
    this.#purpose = purpose
  }

  /**
   * Connects to the server that holds `key`, unless a connection is already open. @throws ConnectionError, AuthError
   */
  async open(key: string | undefined): Promise<void> {
    if (this.#connection !== undefined) return
    this.#opening ??= this.#pool
      .dedicated(this.#purpose, key)
      .then((connection) => this.#use(connection))
      .finally(() => {
        this.#opening = undefined
      })
    await this.#opening
  }

  /** Replaces the connection with one to another server. @throws ConnectionError, AuthError */
  async moveTo(address: ServerAddress): Promise<void> {
    this.close()
    await this.#use(await this.#pool.connect(this.#purpose, address))
  }

  /**
   * Runs a blocking command on the server that holds `key`. Rejects like `RedisConnection.send`, and with
   * ConnectionError.
   */
  async read(key: string | undefined, name: string, args: readonly Argument[]): Promise<Reply> {
    await this.open(key)
    this.#key = key
    this.#reading = true
    try {
      return await this.#connection!.send(name, args)
    } finally {
      this.#reading = false
    }
  }

  /**
   * Makes a blocked read return at once with what it has (CLIENT UNBLOCK). If the account may not run CLIENT UNBLOCK,
   * the read ends at its time-out.
   */
  interrupt(): void {
    if (!this.#reading || this.#interrupting || this.#clientId === undefined) return
    this.#interrupting = true
    this.#unblock(this.#clientId)
  }

  /** Closes the connection. Never throws; idempotent. */
  close(): void {
    if (this.#connection !== undefined) this.#pool.discard(this.#connection)
    this.#connection = undefined
    this.#clientId = undefined
  }

  async #use(connection: RedisConnection): Promise<void> {
    this.#connection = connection
    this.#clientId = await connection.send('client', ['ID']).then(Number, () => undefined)
  }

  #unblock(id: number): void {
    const stop = () => {
      this.#interrupting = false
    }
    this.#pool.send(this.#key, 'client', ['UNBLOCK', id]).then((unblocked) => {
      if (unblocked === 1 || !this.#reading || this.#clientId !== id) return stop()
      this.#clock.setTimer(AGAIN_MS, () => (this.#reading ? this.#unblock(id) : stop()), { background: true })
    }, stop)
  }
}
