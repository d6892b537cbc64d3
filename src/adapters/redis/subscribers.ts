import type { IntegrationError } from '../../core/errors.js'
import { addressKey } from './commands.js'
import { isReplyError } from './failures.js'
import type { Link, Purpose } from './link.js'
import { type Route, Subscriber } from './subscriber.js'
import type { Wire } from './wire.js'

/** One for the whole endpoint; a sharded channel at another server of a cluster has one for that server. */
const COMMON = ''

/** The receiving connections of a link: one, but in a cluster with sharded channels one for each server that has some. */
export class Subscribers {
  readonly #link: Link
  readonly #maxFrame: number
  readonly #byServer = new Map<string, Promise<Subscriber>>()

  constructor(link: Link, maxFrame: number) {
    this.#link = link
    this.#maxFrame = maxFrame
  }

  /**
   * Subscribes at the server that has the channel.
   * @returns where it is subscribed. Rejects like `Wire.send`, and with ConnectionError.
   */
  async add(route: Route): Promise<Subscriber> {
    const first = await this.#subscriber(COMMON, (purpose) => this.#link.dedicated(purpose))
    try {
      return await this.#addTo(first, route)
    } catch (error) {
      const address = this.#link.redirected(route.target.name, error)
      if (address === undefined) throw error
      const open = (purpose: Purpose) => this.#link.connect(purpose, address)
      return this.#addTo(await this.#subscriber(addressKey(address), open), route)
    }
  }

  /**
   * A server ends the connection of a subscriber that is too slow for it (`client-output-buffer-limit pubsub`). So the
   * loss of one ends its subscriptions and nothing else; the actor asks for them again.
   */
  #subscriber(server: string, open: (purpose: Purpose) => Promise<Wire>): Promise<Subscriber> {
    const known = this.#byServer.get(server)
    if (known !== undefined) return known
    let subscriber: Subscriber | undefined
    const onLost = (error: IntegrationError) => {
      this.#byServer.delete(server)
      subscriber?.lose(error)
    }
    const opening = open({ role: 'subscriber', what: 'subscriptions', onLost }).then((wire) => {
      subscriber = new Subscriber(wire, this.#link, this.#maxFrame)
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
      // A lost connection is the loss of this one alone: it must not look like the loss of the link.
      throw isReplyError(error) ? error : subscriber.failure()
    }
  }
}
