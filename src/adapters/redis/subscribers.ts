import { onFirstUse } from '../on-first-use.js'
import type { Link } from './link.js'
import { type Route, Subscriber } from './subscriber.js'

/** The receiving connections of a link: one, but in a cluster with sharded channels one for each server that has some. */
export class Subscribers {
  readonly #link: Link
  readonly #common: () => Promise<Subscriber>
  readonly #byServer = new Map<string, Promise<Subscriber>>()

  constructor(link: Link) {
    this.#link = link
    this.#common = onFirstUse(async () => new Subscriber(await link.dedicated('subscriber')))
  }

  /**
   * Subscribes at the server that has the channel.
   * @returns where it is subscribed. Rejects like `Wire.send`, and with ConnectionError.
   */
  async add(route: Route): Promise<Subscriber> {
    const first = await this.#common()
    try {
      return await this.#addTo(first, route)
    } catch (error) {
      const address = this.#link.redirected(route.target.name, error)
      if (address === undefined) throw error
      const where = `${address.host}:${address.port}`
      let subscriber = this.#byServer.get(where)
      if (subscriber === undefined) {
        subscriber = this.#link.connect('subscriber', address).then((wire) => new Subscriber(wire))
        subscriber.catch(() => this.#byServer.delete(where))
        this.#byServer.set(where, subscriber)
      }
      return this.#addTo(await subscriber, route)
    }
  }

  async #addTo(subscriber: Subscriber, route: Route): Promise<Subscriber> {
    try {
      await subscriber.add(route)
      return subscriber
    } catch (error) {
      subscriber.remove(route)
      throw error
    }
  }
}
