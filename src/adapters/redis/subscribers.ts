import type { IntegrationError } from '../../core/errors/integration-error.js'
import { addressKey } from './commands.js'
import type { RedisConnection } from './connection.js'
import type { ConnectionPool, Purpose } from './connection-pool.js'
import { isReplyError } from './failures.js'
import { type Route, Subscriber } from './subscriber.js'

/**
 * The map key of the connection for the whole endpoint. A sharded channel on another server of a cluster uses that
 * server's address as its key.
 */
const COMMON = ''

/**
 * The receiving connections of a pool: one, and in a cluster with sharded channels one for each server that holds one.
 */
export class Subscribers {
  readonly #pool: ConnectionPool
  readonly #maxFrame: number
  readonly #byServer = new Map<string, Promise<Subscriber>>()

  constructor(pool: ConnectionPool, maxFrame: number) {
    this.#pool = pool
    this.#maxFrame = maxFrame
  }

  /**
   * Subscribes at the server that holds the channel.
   * @returns the connection that carries the subscription. Rejects like `RedisConnection.send`, and with
   *   ConnectionError.
   */
  async add(route: Route): Promise<Subscriber> {
    const first = await this.#subscriber(COMMON, (purpose) => this.#pool.dedicated(purpose))
    try {
      return await this.#addTo(first, route)
    } catch (error) {
      const address = this.#pool.redirected(route.target.name, error)
      if (address === undefined) throw error
      const open = (purpose: Purpose) => this.#pool.connect(purpose, address)
      return this.#addTo(await this.#subscriber(addressKey(address), open), route)
    }
  }

  /**
   * Returns the receiving connection for a server. Its loss ends only its own subscriptions, because a server closes
   * the connection of a slow subscriber (`client-output-buffer-limit pubsub`) while the others are healthy.
   */
  #subscriber(server: string, open: (purpose: Purpose) => Promise<RedisConnection>): Promise<Subscriber> {
    const known = this.#byServer.get(server)
    if (known !== undefined) return known
    let subscriber: Subscriber | undefined
    const onLost = (error: IntegrationError) => {
      this.#byServer.delete(server)
      subscriber?.lose(error)
    }
    const opening = open({ role: 'subscriber', what: 'subscriptions', onLost }).then((connection) => {
      subscriber = new Subscriber(connection, this.#pool, this.#maxFrame)
      return subscriber
    })
    opening.catch(() => this.#byServer.delete(server))
    this.#byServer.set(server, opening)
    return opening
  }

  async #addTo(subscriber: Subscriber, route: Route): Promise<Subscriber> {
    try {
      await subscriber.add(route)
      return subscriber
    } catch (error) {
      subscriber.remove(route)
      // Translate a lost connection here: `ConnectionPool.failure` would treat it as the loss of the whole pool.
      throw isReplyError(error) ? error : subscriber.failure()
    }
  }
}
